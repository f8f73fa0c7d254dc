package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.pool.WorkerPool;
import java.time.Duration;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Decides whether requests may wait for a slot of a model, and is notified of the demand for it. Thread-safe; nothing
 * blocks.
 */
public interface Gate {
    /** When it makes sense to try again after all workers were given up. */
    Duration AFTER_LOSS = Duration.ofSeconds(30);

    /** Returns the error that a new request would get now, or null if it may wait for a slot. Cheap. */
    @Nullable
    GenerationError refusal();

    /** A request arrived for which no slot was free. It waits, or was refused because the queue is full. */
    default void arrives() {}

    /** A request ended, not the last one, while those that have not begun are {@linkplain Admission#hold held}. */
    default void ended() {}

    /** No request waits or runs any more. */
    default void idle() {}

    /** Returns why no slot can become free yet, such as that the model is loading; empty if others hold all slots. */
    default Optional<String> delay() {
        return Optional.empty();
    }

    /** Returns how far the loading of the model is, in a few words; empty if it is loaded. */
    default Optional<String> progress() {
        return Optional.empty();
    }

    /** Returns the gate of a pool that is started at boot: while it loads, requests are refused. */
    static Gate of(WorkerPool pool) {
        return () -> refusal(pool);
    }

    /** Returns the error for requests to a pool, or null. They are also accepted while workers restart, and wait. */
    static @Nullable GenerationError refusal(WorkerPool pool) {
        return switch (pool.state()) {
            case READY, UNAVAILABLE -> null;
            case STARTING -> new GenerationError.Loading("Loading model");
            case STOPPING -> shuttingDown();
            case FAILED ->
                new GenerationError.Unavailable(
                        AFTER_LOSS,
                        "No worker can run until the cause is fixed and the engine is restarted: "
                                + pool.view().reason());
        };
    }

    /** Returns the error for requests to an engine that stops. */
    static GenerationError shuttingDown() {
        return new GenerationError.ShuttingDown("The service is shutting down. Send the request again later.");
    }
}
