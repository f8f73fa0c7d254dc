package io.quern.cli;

import io.quern.store.StoredModel;
import java.nio.file.Path;
import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A downloaded model, as commands print it in JSON.
 *
 * @param name the reference that names exactly this model
 * @param file the file to load; of a split model the first part
 * @param quantisation such as {@code Q4_K_M}, or null if the name does not say
 * @param verified whether the server announced a checksum that the content has
 * @param commit the commit of the hub's repository, or null for a web server
 */
record StoredModelView(
        String name,
        String file,
        List<String> files,
        long bytes,
        @Nullable String quantisation,
        String sha256,
        boolean verified,
        @Nullable String commit,
        Instant pulledAt,
        StoredModel.Origin origin) {

    static StoredModelView of(StoredModel model) {
        return new StoredModelView(
                model.reference().toString(),
                model.file().toString(),
                model.files().stream().map(Path::toString).toList(),
                model.bytes(),
                model.quantisation().orElse(null),
                model.sha256(),
                model.verified(),
                model.commit().orElse(null),
                model.pulledAt(),
                model.origin());
    }
}
