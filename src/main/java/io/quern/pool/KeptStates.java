package io.quern.pool;

import io.quern.log.KeyedLog;
import io.quern.wire.Generate;
import io.quern.wire.Kept;
import java.io.IOException;
import java.time.Duration;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Copies the states that other workers have kept into the memory of the worker that resumes the requests. Also holds
 * that memory, in which this worker keeps its own states. Thread-safe.
 */
final class KeptStates {
    private static final KeyedLog LOG = KeyedLog.of(KeptStates.class);

    /** A worker reports its memory just after it is ready, before it looks at a request. */
    private static final Duration MEMORY_PATIENCE = Duration.ofSeconds(2);

    private final int workerId;
    private final long maxBytes;

    /** The states to copy for requests that are about to be written, by the numbers of the requests. */
    private final Map<Long, KeptState> moving = new ConcurrentHashMap<>();

    /** Empty if the connection closed before the worker reported any memory. */
    private final CompletableFuture<Optional<WorkerMemory>> memory = new CompletableFuture<>();

    private long copies;

    /** @param maxBytes the largest state of a request to copy; 0: nothing is copied */
    KeptStates(int workerId, long maxBytes) {
        this.workerId = workerId;
        this.maxBytes = maxBytes;
    }

    /**
     * Reserves a place in the worker's memory. The writing thread copies the state later, because that takes time.
     */
    synchronized Optional<Kept> place(long request, KeptState state) {
        if (state.isNothing() || maxBytes == 0) {
            return Optional.empty();
        }
        // the worker has long freed the pages of the one that was there before
        copies = copies % WorkerMemory.MAX_COPIES + 1;
        moving.put(request, state);
        return Optional.of(Kept.newBuilder()
                .setRequest(state.request())
                .setOffset(copies * WorkerMemory.SPACING)
                .build());
    }

    /** The request will not be sent. */
    void withdraw(long request) {
        moving.remove(request);
    }

    /**
     * Copies the state of a request. May take 50 ms for 100 MB. If it fails, the worker finds no state and
     * recomputes.
     */
    void copy(Generate generate) {
        KeptState state = moving.remove(generate.getRequest());
        if (state == null) {
            return;
        }
        awaitMemory().ifPresent(target -> {
            try {
                boolean copied = state.copyTo(target, generate.getKept().getOffset(), maxBytes);
                LOG.workerId(workerId)
                        .debugf(
                                "%s for a request that moves to this worker",
                                copied ? "copied the state" : "found no state");
            } catch (IOException e) {
                LOG.workerId(workerId).debugf("cannot copy the state that another worker kept: %s", e);
            }
        });
    }

    /** Returns the worker's memory, if it has reported it. Never blocks. */
    Optional<WorkerMemory> memory() {
        return memory.getNow(Optional.empty());
    }

    private Optional<WorkerMemory> awaitMemory() {
        try {
            return memory.get(MEMORY_PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (TimeoutException | ExecutionException e) {
            LOG.workerId(workerId).debugf("the worker keeps no states");
        }
        return Optional.empty();
    }

    /**
     * The worker has reported where it keeps states. If they cannot be opened, its requests are recomputed after a
     * loss.
     */
    void keeps(String path) {
        WorkerMemory opened;
        try {
            opened = WorkerMemory.open(path);
        } catch (IOException e) {
            LOG.workerId(workerId).debugf("cannot open the memory in which the worker keeps states: %s", e);
            return;
        }
        if (!memory.complete(Optional.of(opened))) {
            opened.release();
        }
    }

    /**
     * The connection is closed. Returns what the worker has left, which the caller releases; empty if it kept
     * nothing.
     */
    Optional<WorkerMemory> close() {
        memory.complete(Optional.empty());
        return memory.join();
    }
}
