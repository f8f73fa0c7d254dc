package io.quern.catalog;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.boot.BootPlan;
import io.quern.boot.MemoryCheck;
import io.quern.boot.MemoryPlan;
import io.quern.boot.MemoryShare;
import io.quern.boot.MemoryUse;
import io.quern.log.KeyedLog;
import io.quern.pool.PoolEvent;
import io.quern.pool.PoolView;
import io.quern.threads.EngineThreads;
import io.quern.threads.UncaughtErrors;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * Decides which models are in memory. A request loads its model; a model that nobody uses makes room for it, least
 * recently used first. Pinned models and models with requests stay. One thread makes all changes; other threads post
 * to it.
 */
final class Residency implements AutoCloseable {
    private static final KeyedLog LOG = KeyedLog.of(Residency.class);

    static final Duration LONGEST_RETRY = Duration.ofMinutes(5);

    private static final Duration TELL_EVERY = Duration.ofMillis(500);

    private final CatalogConfig config;
    private final EngineClock clock;
    private final ScheduledExecutorService thread;
    private final Map<HostedModel, Resident> residents = new ConcurrentHashMap<>();

    /** Models with waiting requests for which there is no memory yet, in the order of their demand. */
    private final Deque<Resident> queue = new ArrayDeque<>();

    private volatile boolean memoryIsAwaited;
    private volatile boolean closed;

    /** Bytes that are kept for pinned models, and their names. Written at boot, and when a download has arrived. */
    private volatile MemoryShare share;

    private volatile MemoryUse pinnedOnDevices = MemoryUse.NONE;

    /** @param clock measures idle times */
    Residency(CatalogConfig config, EngineClock clock) {
        this.config = config;
        this.clock = clock;
        share = new MemoryShare(
                config.memoryLimit().map(MemorySize::asLongValue).orElse(0L), 0, "");
        thread = clock.scheduler(EngineThreads.daemon("quern-models").factory());
    }

    /** What the thread knows about one model that may be loaded and unloaded. */
    private static final class Resident {
        final HostedModel model;

        /** The plan of the start that waits for memory. */
        @Nullable
        BootPlan plan;

        /** What its workers use, until their processes are gone. */
        MemoryUse use = MemoryUse.NONE;

        int failures;
        volatile boolean wanted;
        volatile boolean examined;
        volatile long idleSince;

        /** The last progress of a worker. */
        volatile String stage = "";

        volatile long told;

        Resident(HostedModel model, long now) {
            this.model = model;
            idleSince = now;
            told = now;
        }

        String name() {
            return model.name();
        }
    }

    /** Takes a model over, before there are requests. Pinned models only count. */
    void add(HostedModel model) {
        Resident resident = new Resident(model, clock.nanos());
        residents.put(model, resident);
        model.pool().onChange(() -> changed(resident));
        model.pool().onEvent(event -> progressed(resident, event));
    }

    /** Keeps memory for a pinned model. */
    synchronized void keepFor(HostedModel pinned, MemoryUse use) {
        pinnedOnDevices = pinnedOnDevices.plus(new MemoryUse(0, use.devices()));
        share = new MemoryShare(
                share.limit(),
                share.taken() + use.main(),
                share.takers().isEmpty() ? pinned.name() : share.takers() + ", " + pinned.name());
    }

    /** Returns the memory that one model may use besides the pinned ones. */
    MemoryShare share() {
        return share;
    }

    boolean closed() {
        return closed;
    }

    /** Loads and unloads nothing any more. */
    @Override
    public void close() {
        closed = true;
        thread.shutdownNow();
    }

    /** Returns how long requests to a model are refused after a failure. */
    Duration untilRetry(ModelState.Failed failed) {
        return Duration.between(clock.instant(), failed.retryAt());
    }

    /** A request for the model arrives. Cheap; any thread may call this. */
    void wanted(HostedModel model) {
        ModelState state = model.state();
        boolean there = state instanceof ModelState.Ready || state instanceof ModelState.Loading;
        Resident resident = of(model);
        if (!there && !resident.wanted) {
            resident.wanted = true;
            post(() -> {
                resident.wanted = false;
                demand(resident);
            });
        }
    }

    /** Returns how far the loading of a model is, in a few words, or empty if it is loaded. */
    Optional<String> progress(HostedModel model) {
        return switch (model.state()) {
            case ModelState.NotLoaded notLoaded -> Optional.of("loading model " + model.name());
            case ModelState.Loading loading -> Optional.of("loading model " + model.name() + of(model).stage);
            case ModelState.AwaitingMemory waiting -> Optional.of("model " + model.name() + " waits for memory");
            case ModelState.Unloading unloading -> Optional.of("loading model " + model.name());
            case ModelState.Fetching(String progress) -> Optional.of("fetching model " + model.name() + " " + progress);
            case ModelState.Ready ready -> Optional.empty();
            case ModelState.Failed failed -> Optional.empty();
        };
    }

    /** A worker of a loading model makes progress. Comes on the supervisor's thread. */
    private void progressed(Resident resident, PoolEvent event) {
        if (resident.model.state() instanceof ModelState.Loading
                && event.state().equals("starting")) {
            resident.stage = event.detail() == null ? "" : " " + event.detail();
            tell(resident);
        }
    }

    /** Tells the waiting clients at most about twice a second, since each worker reports many steps. */
    private void tell(Resident resident) {
        long now = clock.nanos();
        if (now - resident.told >= TELL_EVERY.toNanos()) {
            resident.told = now;
            progress(resident.model).ifPresent(resident.model.admission()::tellLoading);
        }
    }

    /** The last request of the model has ended. Cheap; any thread may call this. */
    void idle(HostedModel model) {
        Resident resident = of(model);
        resident.idleSince = clock.nanos();
        if (memoryIsAwaited) {
            post(this::serveQueue);
        }
        if (!resident.examined && timeout(resident).isPositive()) {
            resident.examined = true;
            postLater(timeout(resident), () -> examine(resident));
        }
    }

    private Resident of(HostedModel model) {
        Resident resident = residents.get(model);
        if (resident == null) {
            throw new IllegalArgumentException("unknown model " + model.name());
        }
        return resident;
    }

    private static Duration timeout(Resident resident) {
        return resident.model.configured().idleTimeout();
    }

    private void demand(Resident resident) {
        if (!queue.isEmpty() && !queue.contains(resident) && mayLoad(resident)) {
            enqueue(resident);
            awaitMemory(resident, "The model " + queue.getFirst().name() + " waits for memory first");
            return;
        }
        load(resident);
        serveQueue();
    }

    private boolean mayLoad(Resident resident) {
        return switch (resident.model.state()) {
            case ModelState.NotLoaded notLoaded -> true;
            case ModelState.AwaitingMemory waiting -> true;
            case ModelState.Failed failed -> !untilRetry(failed).isPositive();
            case ModelState.Fetching fetching -> false;
            case ModelState.Loading loading -> false;
            case ModelState.Ready ready -> false;
            case ModelState.Unloading unloading -> false;
        };
    }

    private void load(Resident resident) {
        if (closed || !mayLoad(resident)) {
            queue.remove(resident);
            // after a failure nobody may wait until the next try
            resident.model.admission().refuseWaiting();
            return;
        }
        if (!resident.use.isNone()) {
            // the workers of a failed start are still ending
            enqueue(resident);
            return;
        }
        try {
            if (resident.plan == null) {
                resident.plan = resident.model.workers().plan(share);
            }
            loadAs(resident, resident.plan);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (RuntimeException e) {
            resident.plan = null;
            resident.use = MemoryUse.NONE;
            queue.remove(resident);
            fail(resident, String.valueOf(e.getMessage()));
        }
    }

    private void loadAs(Resident resident, BootPlan plan) throws InterruptedException {
        MemoryUse use = MemoryUse.of(plan, resident.model.configured().worker());
        Optional<String> obstacle = plan.memoryKeptTo().flatMap(memory -> obstacle(resident, plan, memory, use));
        if (obstacle.isPresent() && plan.workers().memoryCheck() == MemoryCheck.ENFORCE) {
            enqueue(resident);
            awaitMemory(resident, obstacle.get());
            return;
        }
        queue.remove(resident);
        resident.plan = null;
        resident.use = use;
        resident.stage = "";
        resident.model.transition(new ModelState.Loading());
        resident.told = clock.nanos() - TELL_EVERY.toNanos();
        tell(resident);
        resident.model.workers().start(plan);
        changed(resident);
    }

    private void enqueue(Resident resident) {
        if (!queue.contains(resident)) {
            queue.addLast(resident);
        }
        memoryIsAwaited = true;
    }

    private static void awaitMemory(Resident resident, String why) {
        if (!(resident.model.state() instanceof ModelState.AwaitingMemory(String before)) || !before.equals(why)) {
            resident.model.transition(new ModelState.AwaitingMemory(why));
            resident.model.admission().tellLoading("model " + resident.name() + " waits for memory");
        }
    }

    /** Tries to make room for a model. Returns why there is none yet, or empty if it fits. */
    private Optional<String> obstacle(Resident resident, BootPlan plan, MemoryPlan memory, MemoryUse use) {
        List<Resident> others = residents.values().stream()
                .filter(other -> other != resident && !other.use.isNone())
                .sorted(Comparator.comparingLong(other -> other.idleSince))
                .toList();
        Demand demand = new Demand(plan, memory, use.plus(pinnedOnDevices));
        if (demand.exceeds(others).isEmpty()) {
            return Optional.empty();
        }
        String arithmetic = "The model " + resident.name() + " needs " + memory.arithmetic()
                + ", but the memory limit is " + memory.limitText() + ", and other models use "
                + others.stream()
                        .map(other -> other.use.text() + " (" + other.name() + ")")
                        .collect(Collectors.joining(" + "));
        List<Resident> leaving = makeRoom(resident, demand, others);
        return Optional.of(
                leaving.isEmpty()
                        ? arithmetic
                        : "The model " + resident.name() + " is loaded when "
                                + leaving.stream().map(Resident::name).collect(Collectors.joining(", "))
                                + (leaving.size() == 1 ? " is" : " are") + " unloaded");
    }

    /**
     * The memory that a model needs.
     *
     * @param use that of its own workers, and that of pinned models on GPUs
     */
    private record Demand(BootPlan plan, MemoryPlan memory, MemoryUse use) {
        /** Returns the memories that are too small for this and these models together. */
        List<String> exceeds(List<Resident> others) {
            MemoryUse all = others.stream().map(other -> other.use).reduce(use, MemoryUse::plus);
            return all.exceeding(memory, plan.devices().orThrow());
        }
    }

    /**
     * Unloads idle models, least recently used first, if that frees enough.
     *
     * @return the models whose memory becomes free; empty if that is not enough
     */
    private List<Resident> makeRoom(Resident resident, Demand demand, List<Resident> others) {
        List<Resident> staying = new ArrayList<>(others);
        staying.removeIf(Residency::leaves);
        List<Resident> victims = new ArrayList<>();
        for (Resident next : others) {
            List<String> tooSmall = demand.exceeds(staying);
            boolean idle = next.model.state() instanceof ModelState.Ready
                    && next.model.admission().isIdle();
            if (idle && next.use.touches(tooSmall)) {
                staying.remove(next);
                victims.add(next);
            }
        }
        if (!demand.exceeds(staying).isEmpty()) {
            return List.of();
        }
        victims.forEach(victim -> unload(victim, "the model " + resident.name() + " needs its memory"));
        return others.stream().filter(Residency::leaves).toList();
    }

    private static boolean leaves(Resident resident) {
        return resident.model.state() instanceof ModelState.Unloading
                || resident.model.state() instanceof ModelState.Failed;
    }

    /** Unloads a model unless it has requests. */
    private void unload(Resident resident, String why) {
        HostedModel model = resident.model;
        model.pool().pause();
        if (!model.admission().isIdle()) {
            model.pool().resume();
            return;
        }
        model.transition(new ModelState.Unloading(why));
        model.pool().unload().whenComplete((done, failure) -> post(() -> gone(resident)));
    }

    private void gone(Resident resident) {
        resident.use = MemoryUse.NONE;
        if (resident.model.state() instanceof ModelState.Unloading) {
            resident.model.transition(new ModelState.NotLoaded());
        }
        if (resident.model.admission().waiting() > 0) {
            enqueue(resident);
        }
        serveQueue();
    }

    /** Loads models whose requests wait, as long as there is memory. Nobody overtakes. */
    private void serveQueue() {
        while (!queue.isEmpty()) {
            Resident first = queue.getFirst();
            if (first.model.admission().waiting() == 0 && first.model.state() instanceof ModelState.AwaitingMemory) {
                giveUp(first);
            } else {
                load(first);
                if (queue.peekFirst() == first) {
                    return;
                }
            }
        }
        memoryIsAwaited = false;
    }

    /** All its requests have left. */
    private void giveUp(Resident resident) {
        queue.remove(resident);
        resident.plan = null;
        if (resident.model.state() instanceof ModelState.AwaitingMemory) {
            resident.model.transition(new ModelState.NotLoaded());
        }
    }

    /** The pool may have changed its state. Cheap; any thread may call this. */
    private void changed(Resident resident) {
        if (turned(resident)) {
            post(() -> follow(resident));
        }
    }

    private static boolean turned(Resident resident) {
        return switch (resident.model.state()) {
            case ModelState.Loading loading -> {
                PoolView.State pool = resident.model.pool().state();
                yield pool == PoolView.State.READY || pool == PoolView.State.FAILED;
            }
            case ModelState.Ready ready -> resident.model.pool().state() == PoolView.State.FAILED;
            default -> false;
        };
    }

    private void follow(Resident resident) {
        if (!turned(resident)) {
            return;
        }
        HostedModel model = resident.model;
        if (model.pool().state() == PoolView.State.READY) {
            resident.failures = 0;
            model.transition(new ModelState.Ready(model.age()));
            if (model.admission().isIdle()) {
                idle(model);
            }
            return;
        }
        fail(resident, String.valueOf(model.pool().view().reason()));
        model.pool().unload().whenComplete((done, failure) -> post(() -> gone(resident)));
    }

    private void fail(Resident resident, String reason) {
        Duration delay = config.retryDelay().multipliedBy(1L << Math.min(resident.failures, 16));
        resident.failures++;
        Instant retryAt = clock.instant().plus(delay.compareTo(LONGEST_RETRY) > 0 ? LONGEST_RETRY : delay);
        resident.model.transition(new ModelState.Failed(reason, retryAt));
        resident.model.admission().refuseWaiting();
    }

    /** Unloads a model that nobody has used for a while. */
    private void examine(Resident resident) {
        resident.examined = false;
        HostedModel model = resident.model;
        if (!(model.state() instanceof ModelState.Ready) || !model.admission().isIdle()) {
            return; // its last request will report
        }
        Duration idle = Duration.ofNanos(clock.nanos() - resident.idleSince);
        Duration left = timeout(resident).minus(idle);
        if (left.isPositive()) {
            resident.examined = true;
            postLater(left, () -> examine(resident));
        } else {
            unload(resident, "it was not used for " + idle.toSeconds() + " s");
        }
    }

    private void post(Runnable task) {
        postLater(Duration.ZERO, task);
    }

    private void postLater(Duration delay, Runnable task) {
        try {
            thread.schedule(guarded(task), delay.toNanos(), TimeUnit.NANOSECONDS);
        } catch (RejectedExecutionException e) {
            LOG.debugf("dropped a task that was posted after the end");
        }
    }

    /** A defect in the handling of one model must not end that of all. */
    private static Runnable guarded(Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (RuntimeException e) {
                LOG.errorf(e, "a change of the loaded models failed");
            } catch (Error e) {
                UncaughtErrors.report("quern-models", e);
            }
        };
    }
}
