package io.quern.pool;

import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.wire.Ready;

/** Hears what becomes of a {@link WorkerLife}, on the supervisor's thread; nothing after {@link #over} but {@link #examine}. */
interface LifeWatcher {
    /** The start goes on. */
    void progress(String phase, double share);

    void ready(Ready ready);

    /**
     * Looks at an ended process, also of a life that was given up before.
     *
     * @param killed whether it was killed, and not by this engine
     */
    PostMortem examine(ChildProcess child, ExitStatus exit, boolean killed);

    /** The worker serves no more, though its process may be there still. May come again, with a cause that explains more. */
    void lost(EndCause cause);

    /** There is neither process nor connection any more. Comes once; whoever has not heard of the loss does so here. */
    void over(EndCause cause);
}
