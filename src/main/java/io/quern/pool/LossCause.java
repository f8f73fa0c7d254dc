package io.quern.pool;

/** Why a worker was lost under a request, as far as the facts tell. */
public enum LossCause {
    /** The worker was gone before the whole request was sent to it. The request has nothing to do with the loss. */
    NOT_REACHED,
    /** A signal ended the process that neither the engine, nor the kernel for want of memory, nor a crash has sent. */
    KILLED_FROM_OUTSIDE,
    /** Anything else: a crash, an exit code, memory, a stall. */
    OWN
}
