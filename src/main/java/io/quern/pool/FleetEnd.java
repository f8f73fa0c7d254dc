package io.quern.pool;

import io.quern.launch.WorkerStarter;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import org.jboss.logging.Logger;

/** Ends a fleet once: stops its workers or leaves them to the next application. Thread-safe. */
final class FleetEnd {
    private static final Logger LOG = Logger.getLogger(FleetEnd.class);

    private final List<Worker> workers;
    private final Supervisor supervisor;
    private final Doorkeeper doorkeeper;
    private final WorkerStarter starter;
    private final Runnable ignoreErrors;

    /** Null until the end begins. */
    private CompletableFuture<Void> stopped;

    /** @param ignoreErrors stops the notifications of errors that end the engine's threads */
    FleetEnd(
            List<Worker> workers,
            Supervisor supervisor,
            Doorkeeper doorkeeper,
            WorkerStarter starter,
            Runnable ignoreErrors) {
        this.workers = workers;
        this.supervisor = supervisor;
        this.doorkeeper = doorkeeper;
        this.starter = starter;
        this.ignoreErrors = ignoreErrors;
    }

    /**
     * Stops all workers. Completes when the processes are gone. A second call returns the same result.
     *
     * @param atOnce whether to use SIGKILL without asking the workers first
     */
    synchronized CompletionStage<Void> stop(boolean atOnce) {
        if (stopped == null) {
            stopped = stopWorkers(atOnce);
        }
        return stopped.minimalCompletionStage();
    }

    private CompletableFuture<Void> stopWorkers(boolean atOnce) {
        CompletableFuture<Void> gone = new CompletableFuture<>();
        supervisor.post(() -> CompletableFuture.allOf(workers.stream()
                        .map(worker -> worker.stop(atOnce).toCompletableFuture())
                        .toArray(CompletableFuture<?>[]::new))
                .whenComplete((done, failure) -> gone.complete(null)));
        return gone.thenRun(this::close);
    }

    /**
     * Parks workers that support it for the next application and stops the rest. Replaces {@link #stop}.
     *
     * @param fingerprint what the workers are made of
     * @return completes when the workers have disconnected from this application; empty if they were stopped
     */
    synchronized CompletionStage<Optional<HandOver>> handOver(String fingerprint) {
        if (stopped != null || !starter.handsOver()) {
            return stop(false).thenApply(done -> Optional.empty());
        }
        CompletableFuture<Optional<HandOver>> left = new CompletableFuture<>();
        stopped = left.thenAccept(done -> {});
        supervisor.post(() -> {
            // first: a worker that connects again must not reach this application
            Optional<Map<String, Object>> door = doorkeeper.handOver();
            Map<Integer, HandOver.ParkedWorker> parked = new ConcurrentHashMap<>();
            CompletableFuture.allOf(workers.stream()
                            .map(worker -> door.isPresent()
                                    ? worker.park().thenAccept(one -> one.ifPresent(it -> parked.put(worker.id(), it)))
                                    : worker.stop(false))
                            .map(CompletionStage::toCompletableFuture)
                            .toArray(CompletableFuture<?>[]::new))
                    .whenComplete((done, failure) -> left.complete(leave(fingerprint, door, parked)));
        });
        return left.minimalCompletionStage();
    }

    private Optional<HandOver> leave(
            String fingerprint, Optional<Map<String, Object>> door, Map<Integer, HandOver.ParkedWorker> parked) {
        Optional<Map<String, Object>> parts = parked.isEmpty() ? Optional.empty() : starter.handOver();
        if (parts.isEmpty()) {
            close();
            return Optional.empty();
        }
        ignoreErrors.run();
        supervisor.close();
        return Optional.of(new HandOver(fingerprint, parts.get(), door.orElseThrow(), parked));
    }

    private void close() {
        ignoreErrors.run();
        starter.close();
        supervisor.close();
        try {
            doorkeeper.close();
        } catch (IOException e) {
            LOG.debugf("cannot close the workers' socket: %s", e.getMessage());
        }
    }
}
