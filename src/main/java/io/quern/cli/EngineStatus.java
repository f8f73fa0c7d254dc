package io.quern.cli;

import java.time.Instant;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A running engine and its workers, as {@code ps --json} prints them. What is unknown is null.
 *
 * @param pid the engine's process; null if the engine was named by its URL
 * @param api the base URL of the OpenAI API
 * @param management the base URL of the operators' views
 * @param ownedBy the process with which the engine ends, or null
 * @param residentBytes memory of the engine itself (RSS)
 * @param state of the pool; null if the engine cannot be asked
 * @param reason why the pool is not ready
 * @param problem why the engine cannot be asked
 * @param running requests that hold a slot
 * @param waiting requests that wait for a slot
 */
record EngineStatus(
        @Nullable Long pid,
        @Nullable String api,
        @Nullable String management,
        @Nullable Instant since,
        @Nullable Long ownedBy,
        @Nullable Long residentBytes,
        @Nullable String state,
        @Nullable String reason,
        @Nullable String problem,
        int running,
        int waiting,
        List<Worker> workers) {

    /**
     * A worker, or a model that has none because it is not loaded.
     *
     * @param id null if the model has no worker
     * @param pid null if there is no process
     * @param detail progress of a start, or cause of an end
     * @param tokensPerSecond over the time between two readings
     * @param residentBytes memory in use (RSS); workers that were forked share most of it
     * @param proportionalBytes memory in use, shared pages divided by their users (PSS)
     */
    record Worker(
            @Nullable Integer id,
            @Nullable Long pid,
            String model,
            String state,
            @Nullable String detail,
            int slots,
            int busySlots,
            @Nullable Double tokensPerSecond,
            @Nullable Long residentBytes,
            @Nullable Long proportionalBytes,
            int restarts) {}
}
