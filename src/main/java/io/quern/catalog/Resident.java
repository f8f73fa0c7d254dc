package io.quern.catalog;

import io.quern.boot.BootPlan;
import io.quern.boot.MemoryShare;
import io.quern.boot.MemoryUse;
import io.quern.pool.PoolEvent;
import io.quern.pool.PoolView;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;

/**
 * The life of one model that may be loaded and unloaded: its start, its failures, its idle times and its end. Used on
 * the {@link ModelsThread} unless a method says otherwise.
 */
final class Resident {
    private static final Duration TELL_EVERY = Duration.ofMillis(500);

    private final HostedModel model;
    private final EngineClock clock;

    /** Whether its demand is posted to the thread. */
    private final AtomicBoolean wanted = new AtomicBoolean();

    /** Whether an examination of its idle time is posted to the thread. */
    private final AtomicBoolean examined = new AtomicBoolean();

    /** The plan of the start that waits for memory. */
    private @Nullable BootPlan plan;

    /** What its workers use, until their processes are gone. */
    private MemoryUse use = MemoryUse.NONE;

    private int failures;
    private long loadedAt;
    private volatile long idleSince;

    /** The last progress of a worker. */
    private volatile String stage = "";

    private volatile long told;

    Resident(HostedModel model, EngineClock clock) {
        this.model = model;
        this.clock = clock;
        idleSince = clock.nanos();
        told = idleSince;
    }

    HostedModel model() {
        return model;
    }

    String name() {
        return model.name();
    }

    MemoryUse use() {
        return use;
    }

    /** When its last request ended, in nanoseconds of the clock. */
    long idleSince() {
        return idleSince;
    }

    /** When it was loaded, in nanoseconds of the clock. */
    long loadedAt() {
        return loadedAt;
    }

    /** A request for it has come. Returns whether the thread must be notified. Any thread may call this. */
    boolean becomesWanted() {
        return wanted.compareAndSet(false, true);
    }

    void demandIsSeen() {
        wanted.set(false);
    }

    /** Its last request has ended. Any thread may call this. */
    void becomesIdle() {
        idleSince = clock.nanos();
    }

    Duration timeout() {
        return model.configured().idleTimeout();
    }

    Duration idleTime() {
        return Duration.ofNanos(clock.nanos() - idleSince);
    }

    /** Returns whether its idle time must be examined later, and nobody has posted that yet. Cheap; for any thread. */
    boolean needsExamination() {
        return timeout().isPositive() && examined.compareAndSet(false, true);
    }

    void isExamined() {
        examined.set(false);
    }

    boolean isReady() {
        return model.state() instanceof ModelState.Ready;
    }

    boolean isIdle() {
        return isReady() && model.admission().isIdle();
    }

    /** Returns whether its memory becomes free without further ado. */
    boolean leaves() {
        return model.state() instanceof ModelState.Unloading || model.state() instanceof ModelState.Failed;
    }

    boolean mayLoad() {
        return switch (model.state()) {
            case ModelState.NotLoaded notLoaded -> true;
            case ModelState.AwaitingMemory waiting -> true;
            case ModelState.Failed failed -> !clock.instant().isBefore(failed.retryAt());
            case ModelState.Fetching fetching -> false;
            case ModelState.Loading loading -> false;
            case ModelState.Ready ready -> false;
            case ModelState.Unloading unloading -> false;
        };
    }

    /** Returns the plan of its next start, which is made once. Blocks for some 100 ms. */
    BootPlan plan(MemoryShare share) throws InterruptedException {
        if (plan == null) {
            plan = model.workers().plan(share);
        }
        return plan;
    }

    void start(BootPlan planned, MemoryUse needed) throws InterruptedException {
        plan = null;
        use = needed;
        stage = "";
        model.transition(new ModelState.Loading());
        told = clock.nanos() - TELL_EVERY.toNanos();
        tell();
        model.workers().start(planned);
    }

    void awaitMemory(String why) {
        if (!(model.state() instanceof ModelState.AwaitingMemory(String before)) || !before.equals(why)) {
            model.transition(new ModelState.AwaitingMemory(why));
            progress().ifPresent(model.admission()::tellLoading);
        }
    }

    /** Returns whether all requests have left that waited for it to be loaded. */
    boolean waitsForNobody() {
        return model.state() instanceof ModelState.AwaitingMemory
                && model.admission().waiting() == 0;
    }

    void waitsNoMore() {
        plan = null;
        if (model.state() instanceof ModelState.AwaitingMemory) {
            model.transition(new ModelState.NotLoaded());
        }
    }

    /** Returns whether the pool has reached a state that the model does not know of. Cheap; for any thread. */
    boolean hasTurned() {
        return switch (model.state()) {
            case ModelState.Loading loading -> {
                PoolView.State pool = model.pool().state();
                yield pool == PoolView.State.READY || pool == PoolView.State.FAILED;
            }
            case ModelState.Ready ready -> model.pool().state() == PoolView.State.FAILED;
            default -> false;
        };
    }

    void isLoaded() {
        failures = 0;
        loadedAt = clock.nanos();
        model.transition(new ModelState.Ready(model.age()));
    }

    /**
     * Its file could not be read, it could not be planned or started, or its workers were given up.
     *
     * @param retryDelay the delay after the first failure
     * @return when it may be tried again
     */
    Instant fail(String reason, Duration retryDelay) {
        Duration delay = retryDelay.multipliedBy(1L << Math.min(failures, 16));
        failures++;
        Instant retryAt =
                clock.instant().plus(delay.compareTo(Residency.LONGEST_RETRY) > 0 ? Residency.LONGEST_RETRY : delay);
        model.transition(new ModelState.Failed(reason, retryAt));
        model.admission().refuseWaiting();
        return retryAt;
    }

    /** Its file could not be served before, and can be now. */
    void canBeServed() {
        failures = 0;
        model.transition(new ModelState.NotLoaded());
    }

    /** Its start has failed before there was a process. */
    void hasNothing() {
        plan = null;
        use = MemoryUse.NONE;
    }

    /** Takes no new requests any more, because another model waits for its memory. Those that have begun continue. */
    void giveWayTo(Resident other) {
        if (model.givesWayTo().isEmpty()) {
            model.giveWayTo(other.name());
            model.admission().hold();
        }
    }

    boolean givesWay() {
        return model.givesWayTo().isPresent();
    }

    /** Serves its requests again, or waits like other models until it is loaded again. */
    void givesWayNoMore() {
        if (givesWay()) {
            model.giveWayTo(null);
            model.admission().release();
        }
    }

    /**
     * Unloads it unless it has requests: those that have not begun may wait if it gives way to another model.
     *
     * @param gone comes on any thread when its processes are gone
     */
    void unload(String why, Runnable gone) {
        model.pool().pause();
        if (givesWay() ? !model.admission().isDrained() : !model.admission().isIdle()) {
            model.pool().resume();
            return;
        }
        model.transition(new ModelState.Unloading(why));
        model.pool().unload().whenComplete((done, failure) -> gone.run());
    }

    /** Its processes are gone. */
    void isGone() {
        use = MemoryUse.NONE;
        if (model.state() instanceof ModelState.Unloading) {
            model.transition(new ModelState.NotLoaded());
        }
        givesWayNoMore();
    }

    /** Returns how far the loading is, in a few words, or empty if it serves. Any thread may call this. */
    Optional<String> progress() {
        return switch (model.state()) {
            case ModelState.NotLoaded notLoaded -> Optional.of("loading model " + name());
            case ModelState.Loading loading -> Optional.of("loading model " + name() + stage);
            case ModelState.AwaitingMemory waiting -> Optional.of("model " + name() + " waits for memory");
            case ModelState.Unloading unloading -> Optional.of("loading model " + name());
            case ModelState.Fetching(String progress) -> Optional.of("fetching model " + name() + " " + progress);
            case ModelState.Ready ready ->
                model.givesWayTo().map(other -> "model " + name() + " makes room for model " + other);
            case ModelState.Failed failed -> Optional.empty();
        };
    }

    /** A worker makes progress while the model loads. Comes on the supervisor's thread. */
    void progressed(PoolEvent event) {
        if (model.state() instanceof ModelState.Loading && event.state().equals("starting")) {
            stage = event.detail() == null ? "" : " " + event.detail();
            tell();
        }
    }

    /** Tells the waiting clients at most about twice a second, since each worker reports many steps. */
    private void tell() {
        long now = clock.nanos();
        if (now - told >= TELL_EVERY.toNanos()) {
            told = now;
            progress().ifPresent(model.admission()::tellLoading);
        }
    }
}
