package io.quern.pool;

import java.time.Instant;
import java.util.List;

/**
 * The pool at one moment, for people and probes; also the body of GET /q/quern/pool.
 *
 * @param state what clients can expect
 * @param reason why the pool is not ready, or null
 * @param slots the slots of all serving workers
 * @param busySlots how many of them are leased
 */
public record PoolView(State state, String reason, int slots, int busySlots, List<WorkerView> workers) {

    public enum State {
        /** No worker has been ready yet. */
        STARTING,
        /** At least one worker accepts requests. */
        READY,
        /** Workers were ready before, and none is now; restarts continue. */
        UNAVAILABLE,
        /** No worker will come back by itself. */
        FAILED,
        /** The engine is shutting down. */
        STOPPING
    }

    /**
     * @param pid the process, or null if there is none
     * @param state the name of its {@code WorkerState}, in lower case
     * @param detail details of the state (progress, cause, time of the next start), or null
     * @param standby whether it is ready but gets no requests until a serving worker is lost
     * @param contextLength tokens per slot
     * @param cachedTokens tokens in the KV cache of all slots after the last step
     * @param cacheTokens tokens that it can hold
     * @param waiting requests in slots that wait because the memory of the KV cache is short
     * @param pauses how often it has paused a request for that, since boot
     * @param generatedTokens tokens that its present process has generated
     * @param drafts drafted tokens since boot
     * @param restarts restarts since boot
     * @param lastExit how its last process ended ("signal 9 (KILL)", "exit code 1"), or null
     * @param lastStderr the last lines that this process wrote; empty if none has ended yet
     */
    public record WorkerView(
            int id,
            Long pid,
            String state,
            String detail,
            boolean standby,
            Instant since,
            String startMethod,
            int slots,
            int busySlots,
            int contextLength,
            long cachedTokens,
            long cacheTokens,
            int waiting,
            long pauses,
            long generatedTokens,
            DraftTokens drafts,
            String device,
            int restarts,
            String lastExit,
            List<String> lastStderr) {}
}
