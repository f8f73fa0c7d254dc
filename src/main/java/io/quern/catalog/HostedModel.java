package io.quern.catalog;

import io.quern.admission.Admission;
import io.quern.boot.Tuning;
import io.quern.log.KeyedLog;
import io.quern.model.ModelMemory;
import io.quern.model.ServedModel;
import io.quern.policy.Decision;
import io.quern.pool.PoolLifecycle;
import io.quern.pool.PoolView;
import io.quern.pool.WorkerPool;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** A model with its own workers and its own queue. Thread-safe. */
public final class HostedModel {
    private static final KeyedLog LOG = KeyedLog.of(HostedModel.class);

    private final ConfiguredModel configured;
    private final ServedModel model;
    private final PoolLifecycle workers;
    private final Admission admission;
    private final EngineClock clock;
    private final List<Consumer<ModelEvent>> listeners = new CopyOnWriteArrayList<>();
    private volatile ModelState state = new ModelState.NotLoaded();
    private volatile Instant since;
    private volatile @Nullable String givesWayTo;
    private volatile long sinceNanos;

    HostedModel(
            ConfiguredModel configured,
            ServedModel model,
            PoolLifecycle workers,
            Admission admission,
            EngineClock clock) {
        this.configured = configured;
        this.model = model;
        this.workers = workers;
        this.admission = admission;
        this.clock = clock;
        since = clock.instant();
        sinceNanos = clock.nanos();
    }

    /** Returns the name that clients use for the model. While it is downloaded, that may still be its reference. */
    public String name() {
        return model.isOpen()
                ? model.id()
                : configured.model().modelName().orElse(configured.model().model());
    }

    /** Returns further names that clients may use. */
    public List<String> aliases() {
        return configured.aliases();
    }

    /** Returns whether it is loaded at boot and stays loaded. The others are loaded by the first request. */
    public boolean pinned() {
        return configured.pinned();
    }

    /** Returns what its file says. */
    public ServedModel model() {
        return model;
    }

    /** Returns its workers. */
    public WorkerPool pool() {
        return workers.pool();
    }

    /** Returns its queue. */
    public Admission admission() {
        return admission;
    }

    /** Returns whether it is in memory. Cheap. */
    public ModelState state() {
        return state;
    }

    /** Returns the tokens per slot: of its workers or, if it is not loaded, as the configuration wants them. */
    public int contextLength() {
        int configuredLength = configured.worker().contextLength();
        return pool().view().workers().stream()
                .mapToInt(PoolView.WorkerView::contextLength)
                .filter(length -> length > 0)
                .findFirst()
                .orElseGet(() -> configuredLength > 0 || !model.isOpen()
                        ? configuredLength
                        : ModelMemory.of(model.metadata()).defaultContext());
    }

    /** Returns what a measurement can change at its next start, or empty if it was not started. */
    public Optional<Tuning> tuning() {
        return workers.tuning();
    }

    /** Returns how it is configured. */
    public ConfiguredModel configured() {
        return configured;
    }

    PoolLifecycle workers() {
        return workers;
    }

    /** Returns the model for which it makes room after the requests that have begun, or empty if it serves all. */
    Optional<String> givesWayTo() {
        return Optional.ofNullable(givesWayTo);
    }

    void giveWayTo(@Nullable String other) {
        givesWayTo = other;
        if (other != null) {
            LOG.model(name())
                    .infof("the model takes no new requests, because another one waits for its memory: %s", other);
        }
    }

    /** Adds a listener for changes of the state, on the thread that makes them. It must not block. */
    void onTransition(Consumer<ModelEvent> listener) {
        listeners.add(listener);
    }

    /** Returns how long it has been in its state. */
    Duration age() {
        return Duration.ofNanos(clock.nanos() - sinceNanos);
    }

    /**
     * Changes the state. No other code does.
     *
     * @throws IllegalStateException if this change of state is not allowed
     */
    synchronized void transition(ModelState next) {
        ModelState before = state;
        if (!before.exits().contains(next.getClass())) {
            throw new IllegalStateException(
                    "model " + name() + " is " + before.label() + " and cannot become " + next.label());
        }
        state = next;
        since = clock.instant();
        sinceNanos = clock.nanos();
        log(before, next);
        ModelEvent event = new ModelEvent(since, name(), before.label(), next.label(), next.detail());
        listeners.forEach(listener -> listener.accept(event));
    }

    /** Follows the state of the pool of a pinned model. Cheap; any thread may call this. */
    void followPool() {
        PoolView.State now = pool().state();
        if (now == PoolView.State.READY && state instanceof ModelState.Ready) {
            return;
        }
        synchronized (this) {
            switch (state) {
                case ModelState.Loading loading
                when now == PoolView.State.READY -> transition(new ModelState.Ready(age()));
                case ModelState.Loading loading when now == PoolView.State.FAILED -> transition(given());
                case ModelState.Ready ready when now == PoolView.State.FAILED -> transition(given());
                default -> {}
            }
        }
    }

    private ModelState.Failed given() {
        return new ModelState.Failed(String.valueOf(pool().view().reason()), Instant.MAX);
    }

    private void log(ModelState before, ModelState next) {
        KeyedLog log = LOG.model(name());
        switch (next) {
            case ModelState.Failed(String reason, Instant retryAt)
            when before instanceof ModelState.Fetching -> log.warnf("the model is not downloaded: %s", reason);
            case ModelState.Failed(String reason, Instant retryAt)
            when !model.isOpen()
                    && before instanceof ModelState.Failed(String same, Instant last)
                    && same.equals(reason) -> log.debugf("the file of the model still cannot be served");
            case ModelState.NotLoaded notLoaded
            when before instanceof ModelState.Failed -> log.infof("the file of the model can be served now");
            case ModelState.Failed(String reason, Instant retryAt) -> log.warnf("the model is not loaded: %s", reason);
            case ModelState.AwaitingMemory(String why) -> log.infof("the model waits for memory: %s", why);
            case ModelState.Unloading(String why) -> log.infof("the model is unloaded: %s", why);
            case ModelState.Ready(Duration loadTime)
            when !pinned() -> log.infof("the model is loaded, after %d ms", loadTime.toMillis());
            default -> log.debugf("%s -> %s", before.label(), next.label());
        }
    }

    private @Nullable String detail(ModelState now, PoolView pool) {
        String other = givesWayTo;
        if (other != null) {
            return "takes no new requests: the model " + other + " waits for its memory";
        }
        return now.detail() == null && pool().started() ? pool.reason() : now.detail();
    }

    ModelView view(boolean byDefault) {
        PoolView pool = pool().view();
        ModelState now = state;
        Decision decision = pool().decision();
        return new ModelView(
                name(),
                aliases(),
                byDefault,
                pinned(),
                now.label(),
                detail(now, pool),
                since,
                pool.slots(),
                pool.busySlots(),
                pool().memory(),
                decision == null ? null : decision.method().toString(),
                admission.waiting(),
                admission.running(),
                admission.migrations(),
                pool().distribution(),
                pool.workers());
    }
}
