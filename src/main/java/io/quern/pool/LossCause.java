package io.quern.pool;

/** The reason why a worker was lost while it ran a request, as far as the engine knows. */
public enum LossCause {
    /** The worker was gone before it had received the whole request, so the request did not cause the loss. */
    NOT_REACHED,
    /**
     * A signal ended or stopped the process, and it came neither from the engine, nor from the kernel when memory ran
     * out, nor from a crash.
     */
    KILLED_FROM_OUTSIDE,
    /** Anything else: a crash, an exit code, memory, a stall. */
    OWN
}
