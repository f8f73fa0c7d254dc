package io.quern.pool;

import java.time.Instant;
import java.util.List;

/**
 * What the pool is like at one moment, for people and probes; also the body of GET /q/quern/pool.
 *
 * @param state what clients can expect
 * @param reason why it is not ready, or null
 * @param slots over all workers that serve
 * @param busySlots of these, leased
 */
public record PoolView(State state, String reason, int slots, int busySlots, List<WorkerView> workers) {

    public enum State {
        /** No worker has been ready yet. */
        STARTING,
        /** At least one worker takes requests. */
        READY,
        /** There were ready workers, now there is none; restarts go on. */
        UNAVAILABLE,
        /** No worker will come back by itself. */
        FAILED,
        /** The engine is shutting down. */
        STOPPING
    }

    /**
     * @param pid null while there is no process
     * @param state the name of its {@code WorkerState}, in lower case
     * @param detail what more there is to the state (progress, cause, time of the next try), or null
     * @param standby whether it is ready and gets no requests, until one that serves is lost
     * @param contextLength tokens a slot can hold
     * @param cachedTokens tokens in the KV cache, over all slots, after the last step
     * @param restarts times it was started again since boot
     * @param lastExit how its last process ended ("signal 9 (KILL)", "exit code 1"), or null
     * @param lastStderr the last lines that process wrote, empty if none ended yet
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
            String device,
            int restarts,
            String lastExit,
            List<String> lastStderr) {}
}
