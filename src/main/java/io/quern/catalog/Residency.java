package io.quern.catalog;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.boot.BootPlan;
import io.quern.boot.MemoryCheck;
import io.quern.boot.MemoryShare;
import io.quern.boot.MemoryUse;
import io.quern.pool.MemoryView;
import io.quern.pool.PoolView;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Decides which models are in memory. A request loads its model, if need be in the place of others ({@link
 * MemoryQueue}); a model that nobody uses is unloaded. Pinned models stay. One thread makes all changes; other threads
 * post to it.
 */
final class Residency implements AutoCloseable {
    static final Duration LONGEST_RETRY = Duration.ofMinutes(5);

    private final CatalogConfig config;
    private final EngineClock clock;
    private final ModelsThread thread;
    private final MemoryQueue queue;
    private final Map<HostedModel, Resident> residents = new ConcurrentHashMap<>();
    private volatile boolean closed;

    /** Bytes that are kept for pinned models, and their names. Written at boot, and when a download has arrived. */
    private volatile MemoryShare share;

    private volatile MemoryUse pinnedOnDevices = MemoryUse.NONE;

    /** @param clock measures how long models are idle and wait */
    Residency(CatalogConfig config, EngineClock clock) {
        this.config = config;
        this.clock = clock;
        share = new MemoryShare(
                config.memoryLimit().map(MemorySize::asLongValue).orElse(0L), 0, "");
        thread = new ModelsThread(clock);
        queue = new MemoryQueue(residents.values(), config.busyTimeout(), clock, this::unload);
    }

    /** Takes a model over, before there are requests. */
    void add(HostedModel model) {
        Resident resident = new Resident(model, clock);
        residents.put(model, resident);
        model.pool().onChange(() -> changed(resident));
        model.pool().onEvent(resident::progressed);
    }

    /** Keeps memory for a pinned model. */
    synchronized void keepFor(HostedModel pinned, MemoryUse use) {
        pinnedOnDevices = pinnedOnDevices.plus(new MemoryUse(0, use.devices()));
        share = share.beside(pinned.name(), use.main());
    }

    /** Returns the memory that one model may use besides the pinned ones. */
    MemoryShare share() {
        return share;
    }

    /** Returns the memory that the pinned models and those that are loaded now leave. Any thread may call this. */
    MemoryShare left() {
        MemoryShare left = share;
        for (HostedModel model : residents.keySet()) {
            MemoryView used = model.pool().memory();
            if (used != null) {
                left = left.beside(model.name(), used.neededBytes());
            }
        }
        return left;
    }

    boolean closed() {
        return closed;
    }

    /** Loads and unloads nothing any more. */
    @Override
    public void close() {
        closed = true;
        thread.close();
    }

    /** Returns how long requests to a model are refused after a failure. */
    Duration untilRetry(Instant retryAt) {
        return Duration.between(clock.instant(), retryAt);
    }

    /**
     * The file of a model cannot be served. The engine reads it again from time to time, because somebody may replace
     * it. Call this at boot, before there are requests.
     */
    void cannotServe(HostedModel model, String reason) {
        cannotServe(of(model), reason);
    }

    private void cannotServe(Resident resident, String reason) {
        Instant retryAt = resident.fail(reason, config.retryDelay());
        thread.postLater(untilRetry(retryAt), () -> openAgain(resident));
    }

    private void openAgain(Resident resident) {
        try {
            resident.model().workers().open();
        } catch (RuntimeException e) {
            cannotServe(resident, String.valueOf(e.getMessage()));
            return;
        }
        resident.canBeServed();
    }

    /** A request for the model arrives and must wait. Cheap; any thread may call this. */
    void wanted(HostedModel model) {
        ModelState state = model.state();
        boolean there = state instanceof ModelState.Ready || state instanceof ModelState.Loading;
        Resident resident = of(model);
        if (there) {
            ended(model);
        } else if (resident.becomesWanted()) {
            thread.post(() -> {
                resident.demandIsSeen();
                demand(resident);
            });
        }
    }

    /** Returns how far the loading of a model is, in a few words, or empty if it is loaded. */
    Optional<String> progress(HostedModel model) {
        return of(model).progress();
    }

    /** A request for the model has ended, or was added to those that wait. Cheap; any thread may call this. */
    void ended(HostedModel model) {
        if (model.givesWayTo().isPresent()) {
            // it may have been the last that had begun
            thread.post(this::serveQueue);
        }
    }

    /** The last request of the model has ended. Cheap; any thread may call this. */
    void idle(HostedModel model) {
        Resident resident = of(model);
        resident.becomesIdle();
        if (queue.isAwaited()) {
            thread.post(this::serveQueue);
        }
        if (resident.needsExamination()) {
            thread.postLater(resident.timeout(), () -> examine(resident));
        }
    }

    private Resident of(HostedModel model) {
        Resident resident = residents.get(model);
        if (resident == null) {
            throw new IllegalArgumentException("unknown model " + model.name());
        }
        return resident;
    }

    private void demand(Resident resident) {
        if (!queue.isEmpty() && !queue.contains(resident) && resident.mayLoad()) {
            String first = queue.first().name();
            enqueue(resident);
            resident.awaitMemory("The model " + first + " waits for memory first");
            return;
        }
        load(resident);
        serveQueue();
    }

    private void enqueue(Resident resident) {
        if (queue.add(resident)) {
            serveQueueAfterPatience();
        }
    }

    private void serveQueueAfterPatience() {
        if (config.busyTimeout().isPositive()) {
            thread.postLater(config.busyTimeout(), this::serveQueue);
        }
    }

    private void load(Resident resident) {
        if (closed || !resident.mayLoad()) {
            queue.remove(resident);
            // after a failure nobody may wait until the next try
            resident.model().admission().refuseWaiting();
            return;
        }
        if (!resident.use().isNone()) {
            // the workers of a failed start are still ending
            enqueue(resident);
            return;
        }
        try {
            loadAs(resident, resident.plan(share));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            resident.hasNothing();
            queue.remove(resident);
            resident.fail(String.valueOf(e.getMessage()), config.retryDelay());
        }
    }

    private void loadAs(Resident resident, BootPlan plan) throws InterruptedException {
        MemoryUse use = MemoryUse.of(plan, resident.model().configured().worker());
        Optional<String> obstacle = plan.memoryKeptTo()
                .flatMap(memory -> queue.obstacle(resident, plan, memory, use.plus(pinnedOnDevices)));
        if (obstacle.isPresent() && plan.workers().memoryCheck() == MemoryCheck.ENFORCE) {
            enqueue(resident);
            resident.awaitMemory(obstacle.get());
            return;
        }
        queue.remove(resident);
        resident.start(plan, use);
        changed(resident);
    }

    /** Unloads a model unless it has requests. */
    private void unload(Resident resident, String why) {
        resident.unload(why, () -> thread.post(() -> gone(resident)));
    }

    private void gone(Resident resident) {
        resident.isGone();
        if (resident.model().admission().waiting() > 0) {
            enqueue(resident);
        }
        serveQueue();
    }

    /** Loads models whose requests wait, as long as there is memory. Nobody overtakes. */
    private void serveQueue() {
        while (!queue.isEmpty()) {
            Resident first = queue.first();
            if (first.waitsForNobody()) {
                queue.remove(first);
                first.waitsNoMore();
            } else {
                load(first);
                if (queue.contains(first)) {
                    return;
                }
            }
        }
        queue.isServed();
    }

    /** The pool may have changed its state. Cheap; any thread may call this. */
    private void changed(Resident resident) {
        if (resident.hasTurned()) {
            thread.post(() -> follow(resident));
        }
    }

    private void follow(Resident resident) {
        if (!resident.hasTurned()) {
            return;
        }
        HostedModel model = resident.model();
        if (model.pool().state() == PoolView.State.READY) {
            resident.isLoaded();
            if (model.admission().isIdle()) {
                idle(model);
            }
            if (!queue.isEmpty()) {
                serveQueueAfterPatience();
            }
            return;
        }
        resident.fail(String.valueOf(model.pool().view().reason()), config.retryDelay());
        model.pool().unload().whenComplete((done, failure) -> thread.post(() -> gone(resident)));
    }

    /** Unloads a model that nobody has used for a while. */
    private void examine(Resident resident) {
        resident.isExamined();
        if (!resident.isIdle()) {
            return; // its last request will report
        }
        Duration idle = resident.idleTime();
        Duration left = resident.timeout().minus(idle);
        if (!left.isPositive()) {
            unload(resident, "it was not used for " + idle.toSeconds() + " s");
        } else if (resident.needsExamination()) {
            thread.postLater(left, () -> examine(resident));
        }
    }
}
