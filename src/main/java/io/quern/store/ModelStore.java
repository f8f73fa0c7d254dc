package io.quern.store;

import io.quern.home.HomeConfig;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * The models that have been downloaded to this machine. Several threads and several processes may use one store at the
 * same time. Nothing is read or written before the first call.
 */
@Singleton
public final class ModelStore {
    private final StoreConfig config;
    private final HomeConfig home;

    public ModelStore(StoreConfig config, HomeConfig home) {
        this.config = config;
        this.home = home;
    }

    /**
     * Returns the folder of the store, which may not exist yet.
     *
     * @throws io.quern.home.HomeException if Quern's home cannot be located
     */
    public Path folder() {
        throw new UnsupportedOperationException();
    }

    /**
     * Finds a model on this machine: in the store, or in the cache of the hub's own client. Uses no network. If the
     * reference names neither quantisation nor file, and several models of the repository are here, the one that was
     * pulled by that name is returned, or otherwise the one that was pulled last. Blocks on the disk.
     *
     * @throws StoreException if the store cannot be read
     */
    public Optional<StoredModel> find(ModelReference.Remote reference) {
        throw new UnsupportedOperationException();
    }

    /**
     * Downloads a model, unless the newest version is already here. Continues a download that was interrupted. Blocks,
     * possibly for hours.
     *
     * @param choice decides if the reference names neither quantisation nor file
     * @throws StoreException if the model cannot be downloaded; what has arrived is kept for the next attempt
     * @throws InterruptedException if the thread is interrupted; what has arrived is kept
     */
    public StoredModel pull(ModelReference.Remote reference, QuantisationChoice choice, PullListener listener)
            throws InterruptedException {
        throw new UnsupportedOperationException();
    }

    /**
     * Returns all models of the store, ordered by name. Blocks on the disk.
     *
     * @throws StoreException if the store cannot be read
     */
    public List<StoredModel> list() {
        throw new UnsupportedOperationException();
    }

    /**
     * Removes models and what was partly downloaded of them. Files of the hub's own cache stay.
     *
     * @param reference names one model exactly, or all models of a repository
     * @return the removed models
     * @throws StoreException if the store has no such model, or if a process uses one of them; then all stay
     */
    public List<StoredModel> remove(ModelReference.Remote reference) {
        throw new UnsupportedOperationException();
    }

    /**
     * Marks a model as used, so that no process removes it.
     *
     * @throws StoreException if it has been removed meanwhile
     */
    public ModelUse use(StoredModel model) {
        throw new UnsupportedOperationException();
    }
}
