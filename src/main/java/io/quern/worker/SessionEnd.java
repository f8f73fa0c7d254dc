package io.quern.worker;

/** Says how a session ended. */
enum SessionEnd {
    /** The engine requested it. */
    STOPPED,
    /** The engine has ended. */
    LOST,
    /** The worker cannot serve and has reported the reason to the engine. */
    FAILED
}
