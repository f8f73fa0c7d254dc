package io.quern.store;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Collectors;

/** Removes models from a store: all that a reference names, or none. */
final class Removal {
    private final StoreFolder store;
    private final Manifests manifests;
    private final Leftovers leftovers;

    Removal(StoreFolder store) {
        this.store = store;
        this.manifests = new Manifests(store);
        this.leftovers = new Leftovers(store, manifests);
    }

    List<StoredModel> remove(ModelReference.Remote reference) {
        List<Manifest> named = manifests.matching(reference);
        List<StoredModel> removed = named.stream()
                .flatMap(manifest -> manifest.model(store).stream())
                .toList();
        try {
            boolean partial = false;
            List<FileLocks.Claim> claims = claims(named, reference);
            try {
                named.forEach(manifests::delete);
                for (String key : orphaned(named)) {
                    delete(key);
                }
                partial = deletePartials(reference);
            } finally {
                claims.forEach(FileLocks.Claim::close);
            }
            if (named.isEmpty() && !partial) {
                throw unknown(reference);
            }
            return removed;
        } catch (IOException e) {
            throw store.unusable("write to", e);
        }
    }

    /** Claims all models that lose their content, so that nobody begins to use them. */
    private List<FileLocks.Claim> claims(List<Manifest> named, ModelReference.Remote reference) throws IOException {
        List<FileLocks.Claim> claims = new ArrayList<>();
        for (String key : named.stream().map(Manifest::key).collect(Collectors.toCollection(TreeSet::new))) {
            Optional<FileLocks.Claim> claim = FileLocks.exclusive(store.useLock(key));
            if (claim.isEmpty()) {
                claims.forEach(FileLocks.Claim::close);
                throw inUse(reference, key);
            }
            claims.add(claim.get());
        }
        return claims;
    }

    private StoreException inUse(ModelReference.Remote reference, String key) {
        List<Long> pids = LockHolders.of(store.useLock(key));
        String who = pids.isEmpty()
                ? "a process uses it"
                : (pids.size() == 1 ? "the process " : "the processes ")
                        + pids.stream().map(String::valueOf).collect(Collectors.joining(", "))
                        + (pids.size() == 1 ? " uses it" : " use it");
        return new StoreException(
                StoreProblem.IN_USE,
                "Cannot remove model " + reference + ": " + who + ". Stop the engine (see quern ps), then try again.");
    }

    /** Returns the content that no remaining manifest names. */
    private Set<String> orphaned(List<Manifest> named) {
        Set<String> keys = named.stream().map(Manifest::key).collect(Collectors.toCollection(TreeSet::new));
        manifests.all().forEach(manifest -> keys.remove(manifest.key()));
        return keys;
    }

    private void delete(String key) throws IOException {
        Path content = store.content(key);
        if (Files.exists(content)) {
            PrivateFolder.delete(content);
        }
    }

    private boolean deletePartials(ModelReference.Remote reference) throws IOException {
        boolean deleted = false;
        if (!store.exists()) {
            return false;
        }
        for (Path folder : StoreFolder.in(store.partials(), "*")) {
            if (isPartOf(folder, reference)) {
                deleted |= leftovers.deletePartial(folder);
            }
        }
        return deleted;
    }

    private static boolean isPartOf(Path folder, ModelReference.Remote reference) {
        try {
            String source = Files.readString(folder.resolve(Download.PLAN)).strip();
            return switch (reference) {
                case ModelReference.Web web -> source.equals(Manifest.source(web));
                case ModelReference.Hub hub ->
                    ModelReference.parse(source) instanceof ModelReference.Hub other
                            && (other.equals(hub)
                                    || hub.isInSameRepository(other)
                                            && hub.file().isEmpty()
                                            && hub.quantisation().isEmpty());
            };
        } catch (IOException | StoreException e) {
            return false;
        }
    }

    private StoreException unknown(ModelReference.Remote reference) {
        List<String> names =
                manifests.all().stream().map(one -> one.reference().toString()).toList();
        return new StoreException(
                StoreProblem.NOT_FOUND,
                "Cannot remove model " + reference + ": it is not in " + store.path() + ". "
                        + (names.isEmpty()
                                ? "No model is."
                                : "The nearest names there: "
                                        + String.join(", ", Nearest.of(reference.toString(), names)) + "."));
    }
}
