package io.quern.store;

import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * A model whose files are on this machine. Immutable; the files may be removed at any time unless the model is
 * {@linkplain ModelStore#use marked as used}.
 *
 * @param reference names exactly this model: for the hub, with its quantisation or file
 * @param files absolute paths, for a split model of all parts in order
 * @param bytes size of all files together
 * @param quantisation such as {@code Q4_K_M}, if the file's name contains one
 * @param sha256 in lower-case hexadecimal: of the file, or of the list of the parts' checksums
 * @param verified whether the server announced a checksum that the content has
 * @param commit the commit of the hub's repository
 * @param pulledAt when it was downloaded or found
 * @param origin who wrote the files
 */
public record StoredModel(
        ModelReference.Remote reference,
        List<Path> files,
        long bytes,
        Optional<String> quantisation,
        String sha256,
        boolean verified,
        Optional<String> commit,
        Instant pulledAt,
        Origin origin) {

    /** Who wrote the files. */
    public enum Origin {
        /** Quern; {@code rm} deletes them. */
        STORE,
        /** The hub's own client, in its cache; Quern only reads them. */
        HUB_CACHE
    }

    public StoredModel {
        files = List.copyOf(files);
    }

    /** Returns the file to load; for a split model, its first part. */
    public Path file() {
        return files.getFirst();
    }
}
