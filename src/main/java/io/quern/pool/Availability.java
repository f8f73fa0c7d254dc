package io.quern.pool;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;

/** Says what clients can expect of the workers at the moment, and why. Cheap and thread-safe. */
final class Availability {
    private final List<Worker> workers;
    private final Routing routing;
    private final CompletableFuture<Void> firstReady = new CompletableFuture<>();

    /** The error after which the engine cannot continue, or null. */
    private final AtomicReference<String> broken = new AtomicReference<>();

    private volatile boolean stopping;

    /** @param routing the workers that get requests */
    Availability(List<Worker> workers, Routing routing) {
        this.workers = List.copyOf(workers);
        this.routing = routing;
    }

    /** Returns the availability before there are workers. */
    static Availability ofNone() {
        return new Availability(List.of(), new Routing(0));
    }

    PoolView.State state() {
        if (stopping) {
            return PoolView.State.STOPPING;
        }
        if (broken.get() != null) {
            return PoolView.State.FAILED;
        }
        if (!routing.serving().isEmpty()) {
            return PoolView.State.READY;
        }
        if (!mayServe()) {
            return PoolView.State.FAILED;
        }
        return firstReady.isDone() ? PoolView.State.UNAVAILABLE : PoolView.State.STARTING;
    }

    /**
     * Returns whether a slot may become free, now or later. It is false once all workers are given up or stopping.
     */
    boolean mayServe() {
        return broken.get() == null
                && (workers.isEmpty()
                        || workers.stream().anyMatch(worker -> switch (worker.state()) {
                            case WorkerState.Ready r -> true;
                            case WorkerState.Starting s -> true;
                            case WorkerState.Failed f -> true;
                            case WorkerState.BackingOff b -> true;
                            case WorkerState.Parked p -> false;
                            case WorkerState.Draining d -> false;
                            case WorkerState.Stopped s -> false;
                            case WorkerState.GivenUp g -> false;
                        }));
    }

    PoolView view() {
        List<PoolView.WorkerView> views = new ArrayList<>();
        int slots = 0;
        int busy = 0;
        List<Worker> now = routing.serving();
        for (Worker worker : workers) {
            boolean serves = now.contains(worker);
            PoolView.WorkerView view = worker.view(!serves && worker.state() instanceof WorkerState.Ready);
            views.add(view);
            if (serves) {
                slots += view.slots();
                busy += view.busySlots();
            }
        }
        PoolView.State state = state();
        String cause = broken.get();
        return new PoolView(
                state, cause == null || stopping ? reason(state, views) : cause, slots, busy, List.copyOf(views));
    }

    private static String reason(PoolView.State state, List<PoolView.WorkerView> workers) {
        return switch (state) {
            case READY -> null;
            case STOPPING -> "the service is shutting down";
            case STARTING, UNAVAILABLE, FAILED ->
                workers.stream()
                        .map(w -> "worker " + w.id() + " " + w.state() + (w.detail() == null ? "" : ": " + w.detail()))
                        .reduce((a, b) -> a + "; " + b)
                        .orElse("no worker has been started yet");
        };
    }

    /** The state of a worker has changed. */
    void changed() {
        if (state() == PoolView.State.READY) {
            firstReady.complete(null);
        }
    }

    /** Completes when a worker is ready for the first time. */
    CompletionStage<Void> firstReady() {
        return firstReady.minimalCompletionStage();
    }

    /**
     * Records an error after which the engine cannot continue. Returns whether it is the first; only the first is
     * kept.
     */
    boolean breaks(String cause) {
        return broken.compareAndSet(null, cause);
    }

    /** Returns the error after which the engine cannot continue, or empty. */
    Optional<String> broken() {
        return Optional.ofNullable(broken.get());
    }

    /** Announces that the engine will stop. Leases are still granted, so that waiting requests can finish. */
    void announceStop() {
        stopping = true;
    }

    boolean stopping() {
        return stopping;
    }
}
