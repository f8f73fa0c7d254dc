package io.quern.catalog;

import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.quarkus.vertx.http.HttpServerStart;
import io.quern.boot.MemoryShare;
import io.quern.generation.GenerationError;
import io.quern.log.KeyedLog;
import io.quern.model.ServedModel;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPools;
import io.quern.store.ModelStore;
import io.quern.time.EngineClock;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.event.ObservesAsync;
import jakarta.inject.Inject;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/** The models of this engine. Starts and ends them with the application. Thread-safe. */
@Singleton
public final class ModelCatalog {
    private static final KeyedLog LOG = KeyedLog.of(ModelCatalog.class);

    private final CatalogConfig config;
    private final Residency residency;
    private final Downloads downloads;
    private final CatalogStart start;

    /** The models in the order of the configuration, until the boot has opened them. */
    private volatile List<HostedModel> models;

    private volatile ModelNames names;

    @Inject
    ModelCatalog(
            ConfiguredModels configured, CatalogConfig config, ModelStore store, WorkerPools pools, Hosting hosting) {
        this.config = config;
        EngineClock clock = EngineClock.system();
        residency = new Residency(config, clock);
        downloads = new Downloads(store, config, clock, residency::share);
        start = new CatalogStart(pools, residency, downloads);
        List<ConfiguredModel> all = configured.read();
        models = all.stream()
                .map(one -> hosting.host(one, all, residency, clock))
                .toList();
        names = ModelNames.unopened(models);
    }

    /** Returns all models: that of {@code quern.model} first, the others by name. */
    public List<HostedModel> all() {
        return models;
    }

    /** Returns the model with this name or alias, or empty. */
    public Optional<HostedModel> named(String name) {
        return names.find(name);
    }

    /** Returns the model of requests that name none, or empty if they must name one. */
    public Optional<HostedModel> byDefault() {
        return names.byDefault();
    }

    /** Returns the default model or, if there is none, the first one. */
    public HostedModel first() {
        return byDefault().orElseGet(() -> models.getFirst());
    }

    /** Returns up to three names that are similar to a name that no model has. */
    public List<String> similar(String name) {
        return names.similar(name);
    }

    /** Returns whether there are several models. */
    public boolean several() {
        return models.size() > 1;
    }

    /** Returns the present state of each model. Cheap. */
    public List<ModelView> views() {
        HostedModel standard = byDefault().orElse(null);
        return models.stream().map(model -> model.view(model == standard)).toList();
    }

    /**
     * Returns the present state of all workers together. The state is that of the pinned models: the others are loaded
     * when they are needed. Cheap.
     */
    public PoolView view() {
        return PoolViews.together(models);
    }

    /** Returns what clients can expect now. Cheap. */
    public PoolView.State state() {
        return PoolViews.state(models);
    }

    /**
     * Returns the error that requests to a pinned model would get now, or empty if they are accepted. Requests to the
     * other models load them. Cheap.
     */
    public Optional<GenerationError> refusal() {
        return models.stream()
                .filter(HostedModel::pinned)
                .flatMap(model -> model.admission().refusal().stream())
                .findFirst();
    }

    /** Returns the error after which the engine cannot continue, or empty. */
    public Optional<String> broken() {
        return models.stream().flatMap(model -> model.pool().broken().stream()).findFirst();
    }

    /**
     * Adds a listener that is called on any thread whenever a slot may have become free or a state has changed. It
     * must not block.
     */
    public void onChange(Runnable listener) {
        models.forEach(model -> model.pool().onChange(listener));
    }

    /** Adds a listener for changes of the models' states. It must not block. */
    public void onTransition(Consumer<ModelEvent> listener) {
        models.forEach(model -> model.onTransition(listener));
    }

    /** Returns the number of requests that hold a slot. */
    public int running() {
        return models.stream().mapToInt(model -> model.admission().running()).sum();
    }

    /** Returns the number of requests that wait for a slot. */
    public int waiting() {
        return models.stream().mapToInt(model -> model.admission().waiting()).sum();
    }

    /** Returns how many times a request moved to another worker because its worker was lost. */
    public long migrations() {
        return models.stream()
                .mapToLong(model -> model.admission().migrations())
                .sum();
    }

    /** Returns the memory that the models in memory leave, even when all their slots are full. */
    public MemoryShare memoryLeft() {
        return residency.left();
    }

    /** Announces in every view that the engine will stop. Waiting requests can finish. */
    public void announceStop() {
        models.forEach(model -> model.pool().announceStop());
    }

    /**
     * Stops accepting requests. Those that wait or run continue.
     *
     * @return completes when no request is left
     */
    public CompletionStage<Void> close() {
        return all(model -> model.admission().close());
    }

    /** Stops all workers; running requests fail. Completes when the processes are gone. */
    public CompletionStage<Void> stop() {
        downloads.close();
        residency.close();
        return all(model -> model.pool().stop());
    }

    private CompletableFuture<Void> all(Function<HostedModel, CompletionStage<?>> part) {
        return CompletableFuture.allOf(models.stream()
                .map(model -> part.apply(model).toCompletableFuture())
                .toArray(CompletableFuture<?>[]::new));
    }

    /** Waits until the engine serves, because this would slow down the boot, on few cores even from another thread. */
    void serving(@ObservesAsync HttpServerStart event) {
        models.stream()
                .filter(HostedModel::pinned)
                .map(HostedModel::model)
                .filter(ServedModel::isOpen)
                .forEach(ServedModel::prepareChats);
    }

    /**
     * Opens all models and starts the workers of the pinned ones.
     *
     * @throws ConfigurationException if the configuration cannot work, before any worker starts
     */
    void started(@Observes StartupEvent event) throws InterruptedException {
        models = start.open(models);
        names = ModelNames.of(models, defaultName());
        if (several()) {
            LOG.infof(
                    "models: %s",
                    models.stream()
                            .map(model -> model.name() + (model.pinned() ? " (pinned)" : ""))
                            .collect(Collectors.joining(", ")));
        }
        start.download(() -> names = ModelNames.of(models, defaultName()));
    }

    private Optional<String> defaultName() {
        return config.singleModel() ? Optional.empty() : config.defaultModel();
    }

    /** Workers of a model that is loaded on demand do not outlive the application, not even in development mode. */
    private static CompletionStage<?> end(HostedModel model) {
        return model.pinned() ? model.workers().end() : model.pool().stop();
    }

    void stopped(@Observes ShutdownEvent event) throws InterruptedException {
        downloads.close();
        residency.close();
        Duration limit = models.stream()
                .map(model -> model.workers().endLimit())
                .max(Comparator.naturalOrder())
                .orElse(Duration.ZERO);
        try {
            all(ModelCatalog::end).get(limit.toMillis(), TimeUnit.MILLISECONDS);
        } catch (TimeoutException e) {
            LOG.warnf("some workers are still running after %s; they end with this process", limit);
        } catch (ExecutionException e) {
            Throwable cause = e.getCause() == null ? e : e.getCause();
            LOG.warnf("cannot stop the workers: %s", cause.getMessage());
        }
    }
}
