package io.quern.store;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Deletes what nobody needs any more: downloads that were interrupted long ago, and content that no manifest names and
 * no process uses. Never fails; what cannot be deleted stays for the next time.
 */
final class Leftovers {
    private final StoreFolder store;
    private final Manifests manifests;

    Leftovers(StoreFolder store, Manifests manifests) {
        this.store = store;
        this.manifests = manifests;
    }

    /**
     * Deletes downloads that were interrupted long ago.
     *
     * @param keep how long an interrupted download stays
     */
    void cleanPartials(Duration keep) {
        try {
            Instant limit = Instant.now().minus(keep);
            for (Path folder : StoreFolder.in(store.partials(), "*")) {
                if (newest(folder).isBefore(limit)) {
                    deletePartial(folder);
                }
            }
        } catch (IOException e) {
            // the next download tries again
        }
    }

    /** Deletes content that no manifest names and nobody uses, such as an old version. */
    void cleanContent() {
        try {
            Set<String> named = manifests.all().stream().map(Manifest::key).collect(Collectors.toSet());
            for (Path content : StoreFolder.in(store.contents(), "*")) {
                if (!named.contains(content.getFileName().toString())) {
                    deleteContent(content.getFileName().toString());
                }
            }
        } catch (IOException e) {
            // the next download tries again
        }
    }

    /** Returns when something was last written to a partial folder. */
    static Instant newest(Path folder) throws IOException {
        Instant newest = Files.getLastModifiedTime(folder).toInstant();
        for (Path file : StoreFolder.in(folder, "*")) {
            Instant modified = Files.getLastModifiedTime(file).toInstant();
            newest = modified.isAfter(newest) ? modified : newest;
        }
        return newest;
    }

    /** Deletes what a download has fetched, unless it is running. */
    boolean deletePartial(Path folder) throws IOException {
        Optional<FileLocks.Claim> lock =
                FileLocks.exclusive(store.downloadLock(folder.getFileName().toString()));
        if (lock.isEmpty()) {
            return false;
        }
        try (FileLocks.Claim claim = lock.get()) {
            Path complete = folder.resolve(Download.COMPLETE);
            if (Files.isDirectory(complete)) {
                PrivateFolder.delete(complete);
            }
            PrivateFolder.delete(folder);
            return true;
        }
    }

    private void deleteContent(String key) throws IOException {
        Optional<FileLocks.Claim> lock = FileLocks.exclusive(store.useLock(key));
        if (lock.isPresent()) {
            try (FileLocks.Claim claim = lock.get()) {
                // a download may have published it meanwhile
                List<Manifest> now = manifests.all();
                if (now.stream().noneMatch(manifest -> manifest.key().equals(key))) {
                    PrivateFolder.delete(store.content(key));
                }
            }
        }
    }
}
