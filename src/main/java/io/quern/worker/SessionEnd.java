package io.quern.worker;

/** How a session ended. */
enum SessionEnd {
    /** The engine asked for it. */
    STOPPED,
    /** The engine is gone. */
    LOST,
    /** The worker cannot serve; the engine has been told why. */
    FAILED
}
