package io.quern.store;

import io.quern.home.HomeConfig;
import io.quern.home.QuernHome;
import io.quern.settings.Problems;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * The models that have been downloaded to this machine. Several threads and several processes may use one store at the
 * same time. Nothing is read or written before the first call.
 */
@Singleton
public final class ModelStore {
    private final StoreConfig config;
    private final Supplier<Path> location;
    private final Supplier<HubEnvironment> environment;
    private final Retries.Policy retries;
    private final DiskSpace.Gauge gauge;

    @Inject
    public ModelStore(StoreConfig config, HomeConfig home) {
        this(
                config,
                () -> config.path()
                        .map(path -> path.toAbsolutePath().normalize())
                        .orElseGet(() -> QuernHome.locate(home).folder().resolve("models")),
                HubEnvironment::ofThisProcess,
                Retries.Policy.of(config),
                DiskSpace.Gauge.SYSTEM);
    }

    ModelStore(
            StoreConfig config,
            Supplier<Path> location,
            Supplier<HubEnvironment> environment,
            Retries.Policy retries,
            DiskSpace.Gauge gauge) {
        this.config = config;
        this.location = location;
        this.environment = environment;
        this.retries = retries;
        this.gauge = gauge;
    }

    /**
     * Returns the folder of the store, which may not exist yet.
     *
     * @throws io.quern.home.HomeException if Quern's home cannot be located
     */
    public Path folder() {
        return location.get();
    }

    /**
     * Finds a model on this machine: in the store, or in the cache of the hub's own client. Uses no network. If the
     * reference names neither quantisation nor file, and several models of the repository are here, the one that was
     * pulled by that name is returned, or otherwise the one that was pulled last. Blocks on the disk.
     *
     * @throws StoreException if the store cannot be read
     */
    public Optional<StoredModel> find(ModelReference.Remote reference) {
        StoreFolder store = store();
        return new Manifests(store)
                .matching(reference).stream()
                        .flatMap(manifest -> manifest.model(store).stream())
                        .findFirst()
                        .or(() -> reference instanceof ModelReference.Hub hub
                                ? new HubCache(environment.get().cache()).find(hub)
                                : Optional.empty());
    }

    /** Whether models must not be downloaded, by {@code quern.store.offline} or {@code HF_HUB_OFFLINE}. */
    public boolean offline() {
        return config.offline() || environment.get().offline();
    }

    /**
     * Downloads a model, unless the newest version is already here. Continues a download that was interrupted. Blocks,
     * possibly for hours. If Quern is offline, it returns what is here.
     *
     * @param choice decides if the reference names neither quantisation nor file
     * @throws StoreException if the model cannot be downloaded; what has arrived is kept for the next attempt
     * @throws io.quarkus.runtime.configuration.ConfigurationException if a key of {@code quern.store} is invalid
     * @throws InterruptedException if the thread is interrupted; what has arrived is kept
     */
    public StoredModel pull(ModelReference.Remote reference, QuantisationChoice choice, PullListener listener)
            throws InterruptedException {
        // checked here too, because commands pull without starting an engine
        Problems problems = new Problems();
        StoreSettings.check(config, problems);
        problems.refuse();
        if (offline()) {
            return find(reference).orElseThrow(() -> offline(reference));
        }
        StoreFolder store = store();
        DiskSpace space = new DiskSpace(store, config.freeSpace().asLongValue(), gauge);
        Pull.Parts parts = new Pull.Parts(store, config, environment.get(), retries, space);
        try (Pull pull = new Pull(parts, listener)) {
            return pull.run(reference, choice);
        }
    }

    /**
     * Returns the model, as {@link #find} does.
     *
     * @throws StoreException if it is not here; the message says how to download it, and offers the nearest names
     */
    public StoredModel require(ModelReference.Remote reference) {
        return find(reference).orElseThrow(() -> notPulled(reference));
    }

    private StoreException notPulled(ModelReference.Remote reference) {
        List<String> names =
                list().stream().map(model -> model.reference().toString()).toList();
        return new StoreException(
                StoreProblem.NOT_PULLED,
                "Cannot use model " + reference + ": it has not been downloaded to " + folder() + ". Run: quern pull "
                        + reference
                        + (names.isEmpty()
                                ? ""
                                : ". Or use one that is there: "
                                        + String.join(", ", Nearest.of(reference.toString(), names))));
    }

    private StoreException offline(ModelReference.Remote reference) {
        return new StoreException(
                StoreProblem.OFFLINE,
                "Cannot download model " + reference + ": Quern is set to stay offline ("
                        + (config.offline() ? "quern.store.offline" : "HF_HUB_OFFLINE or TRANSFORMERS_OFFLINE")
                        + "), and the model is not in " + folder() + ". Unset it, or download the model elsewhere and"
                        + " copy that folder.");
    }

    /**
     * Returns all models of the store, ordered by name. Blocks on the disk.
     *
     * @throws StoreException if the store cannot be read
     */
    public List<StoredModel> list() {
        StoreFolder store = store();
        return new Manifests(store)
                .all().stream()
                        .flatMap(manifest -> manifest.model(store).stream())
                        .toList();
    }

    /**
     * Removes models and what was partly downloaded of them. Files of the hub's own cache stay.
     *
     * @param reference names one model exactly, or all models of a repository
     * @return the removed models; empty if there was only a part of one
     * @throws StoreException if the store has no such model, or if a process uses one of them; then all stay
     */
    public List<StoredModel> remove(ModelReference.Remote reference) {
        return new Removal(store()).remove(reference);
    }

    /**
     * Marks a model as used, so that no process removes it.
     *
     * @throws StoreException if it has been removed meanwhile
     */
    public ModelUse use(StoredModel model) {
        StoreFolder store = store();
        if (!store.exists()) {
            // found in the hub's own cache, from which Quern removes nothing
            return FileLocks.none();
        }
        Optional<FileLocks.Claim> claim = store.use(model.sha256());
        if (claim.isEmpty()
                || !model.files().stream().allMatch(file -> file.toFile().exists())) {
            claim.ifPresent(FileLocks.Claim::close);
            throw notPulled(model.reference());
        }
        return claim.get();
    }

    /**
     * Returns the processes that use a model; empty if none does, or where the system does not say.
     *
     * @return their ids
     */
    public List<Long> users(StoredModel model) {
        return LockHolders.of(store().useLock(model.sha256()));
    }

    private StoreFolder store() {
        return new StoreFolder(folder());
    }
}
