package io.quern.model;

import io.quern.home.QuernHome;
import io.quern.store.ModelReference;
import io.quern.store.ModelStore;
import io.quern.store.ModelUse;
import io.quern.store.StoreException;
import io.quern.store.StoredModel;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * A model that is on this machine, and the mark that keeps it there.
 *
 * @param file absolute path of the GGUF file; for a split model, of its first part
 * @param stored the model in the store, if it is there
 * @param use keeps others from removing the model until it is closed
 */
public record ModelLocation(Path file, Optional<StoredModel> stored, ModelUse use) implements AutoCloseable {
    private static final ModelUse NONE = () -> {};

    /**
     * Finds a model by its reference: a path, {@code demo}, {@code hf:OWNER/REPO...} or an https URL. Downloads
     * nothing. Blocks on the disk, because it unpacks the demo model.
     *
     * @param configured as in {@code quern.model}
     * @throws StoreException if the text cannot be a reference, or the model has not been downloaded
     * @throws ModelFileException if this build contains no demo model
     */
    public static ModelLocation find(String configured, ModelStore store, Supplier<QuernHome> home) {
        return switch (parsed(configured)) {
            case ModelReference.Demo demo ->
                new ModelLocation(
                        new DemoModel(ModelLocation.class.getClassLoader(), home.get()).file(), Optional.empty(), NONE);
            case ModelReference.LocalFile local -> new ModelLocation(existing(local), Optional.empty(), NONE);
            case ModelReference.Remote remote -> {
                StoredModel stored = store.require(remote);
                yield new ModelLocation(stored.file(), Optional.of(stored), store.use(stored));
            }
        };
    }

    private static ModelReference parsed(String configured) {
        try {
            return ModelReference.parse(configured);
        } catch (StoreException e) {
            if (e.getCause() instanceof InvalidPathException invalid) {
                throw ModelFileException.noFile(
                        Path.of("quern.model"),
                        "it is not a valid path (" + invalid.getReason() + ")",
                        "Set QUERN_MODEL=/path/to/model.gguf");
            }
            throw e;
        }
    }

    private static Path existing(ModelReference.LocalFile local) {
        Path file = local.path().toAbsolutePath().normalize();
        if (!Files.exists(file) && local.asHub().isPresent()) {
            throw ModelFileException.noFile(
                    file,
                    "it does not exist",
                    "Check the path in quern.model (QUERN_MODEL). If a repository of the hub is meant, write "
                            + local.asHub().get());
        }
        return file;
    }

    /** Ends the mark. */
    @Override
    public void close() {
        use.close();
    }
}
