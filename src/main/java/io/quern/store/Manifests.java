package io.quern.store;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/** Reads and writes the manifests of a store. A model exists exactly as long as its manifest. */
final class Manifests {
    private static final String EXTENSION = ".json";

    private final StoreFolder store;

    Manifests(StoreFolder store) {
        this.store = store;
    }

    List<Manifest> all() {
        if (!store.exists()) {
            return List.of();
        }
        List<Manifest> found = new ArrayList<>();
        try {
            for (Path file : StoreFolder.in(store.manifests(), "*" + EXTENSION)) {
                Manifest.read(file).ifPresent(found::add);
            }
        } catch (IOException e) {
            throw store.unusable("read", e);
        }
        found.sort(Comparator.comparing(manifest -> manifest.reference().toString()));
        return found;
    }

    /** Returns the manifests that a reference may mean, the best match first. */
    List<Manifest> matching(ModelReference.Remote reference) {
        String name = reference.toString();
        return all().stream()
                .filter(manifest -> matches(reference, manifest))
                .sorted(Comparator.comparing(
                                (Manifest manifest) -> !manifest.requested().equals(name))
                        .thenComparing(Manifest::pulledAt, Comparator.reverseOrder()))
                .toList();
    }

    private static boolean matches(ModelReference.Remote reference, Manifest manifest) {
        return switch (reference) {
            case ModelReference.Web web -> manifest.source().equals(Manifest.source(web));
            case ModelReference.Hub hub ->
                manifest.reference() instanceof ModelReference.Hub other
                        && hub.isInSameRepository(other)
                        && hub.quantisation()
                                .map(name -> manifest.quantisation()
                                        .filter(name::equalsIgnoreCase)
                                        .isPresent())
                                .orElse(true)
                        && hub.file().map(path -> isFile(path, other, manifest)).orElse(true);
        };
    }

    /** Whether the path names the manifest's first file, although the manifest may name it by quantisation. */
    private static boolean isFile(String path, ModelReference.Hub other, Manifest manifest) {
        return other.file()
                .map(path::equals)
                .orElseGet(() -> manifest.names().getFirst().equals(FileName.plain(path)));
    }

    void write(Manifest manifest) {
        try {
            PrivateFolder.write(file(manifest), manifest.json());
            StoreFolder.flush(store.manifests());
        } catch (IOException e) {
            throw store.unusable("write to", e);
        }
    }

    void delete(Manifest manifest) {
        try {
            Files.deleteIfExists(file(manifest));
        } catch (IOException e) {
            throw store.unusable("write to", e);
        }
    }

    Optional<Manifest> of(ModelReference.Remote exact) {
        return Manifest.read(store.manifests().resolve(Manifest.id(Manifest.source(exact)) + EXTENSION));
    }

    private Path file(Manifest manifest) {
        return store.manifests().resolve(manifest.id() + EXTENSION);
    }
}
