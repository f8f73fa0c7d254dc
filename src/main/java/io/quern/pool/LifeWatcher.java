package io.quern.pool;

import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.wire.Ready;

/**
 * Is notified of the events of a {@link WorkerLife}, on the supervisor's thread. After {@link #over} only {@link
 * #examine} is called.
 */
interface LifeWatcher {
    /** The start makes progress. */
    void progress(String phase, double share);

    void ready(Ready ready);

    /**
     * Examines an ended process, even if its life was given up before.
     *
     * @param killed whether something other than this engine killed it
     */
    PostMortem examine(ChildProcess child, ExitStatus exit, boolean killed);

    /** The worker no longer serves, although its process may still run. Called again if a better cause is found. */
    void lost(EndCause cause);

    /** Process and connection are gone. Called once, and may be the first notification of the loss. */
    void over(EndCause cause);
}
