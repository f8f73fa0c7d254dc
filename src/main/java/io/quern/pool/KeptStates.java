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
 * The states of sequences that lost workers have kept, on their way into the memory of the worker that goes on with them; and that
 * memory, which keeps this worker's own states. Safe for use by several threads.
 */
final class KeptStates {
    private static final KeyedLog LOG = KeyedLog.of(KeptStates.class);

    /** A worker tells of its memory just after it is ready, and before it looks at a request. */
    private static final Duration MEMORY_PATIENCE = Duration.ofSeconds(2);

    private final int workerId;
    private final long maxBytes;

    /** What is to be copied for requests that are about to be written, by their numbers. */
    private final Map<Long, KeptState> moving = new ConcurrentHashMap<>();

    /** Empty once the connection is closed before the worker has told of any. */
    private final CompletableFuture<Optional<WorkerMemory>> memory = new CompletableFuture<>();

    private long copies;

    /** @param maxBytes how much another worker may have kept of a request; 0: nothing is copied */
    KeptStates(int workerId, long maxBytes) {
        this.workerId = workerId;
        this.maxBytes = maxBytes;
    }

    /** Where the worker will find it: it is copied there by the writing thread, since that takes its time. */
    synchronized Optional<Kept> place(long request, KeptState state) {
        if (state.isNothing() || maxBytes == 0 || copies == WorkerMemory.MAX_COPIES) {
            return Optional.empty();
        }
        copies++;
        moving.put(request, state);
        return Optional.of(Kept.newBuilder()
                .setRequest(state.request())
                .setOffset(copies * WorkerMemory.SPACING)
                .build());
    }

    /** The request is not sent after all. */
    void withdraw(long request) {
        moving.remove(request);
    }

    /** Copies what belongs to a request. May take 50 ms for 100 MB. If it fails, the worker finds nothing and computes again. */
    void copy(Generate generate) {
        KeptState state = moving.remove(generate.getRequest());
        if (state == null) {
            return;
        }
        awaitMemory().ifPresent(target -> {
            try {
                boolean copied = state.copyTo(target, generate.getKept().getOffset(), maxBytes);
                LOG.workerId(workerId)
                        .debugf("%s for a request that moves to this worker", copied ? "copied the state" : "found no state");
            } catch (IOException e) {
                LOG.workerId(workerId).debugf("cannot copy the state that a lost worker kept: %s", e);
            }
        });
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

    /** The worker has told where it keeps states. Without it its requests are replayed from their beginning, should it end. */
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

    /** The connection is closed. What the worker has left, to be released by the caller; empty where it kept nothing. */
    Optional<WorkerMemory> close() {
        memory.complete(Optional.empty());
        return memory.join();
    }
}
