package io.quern.worker;

import io.quern.wire.Guards;
import io.quern.wire.WorkerSettings;
import java.io.IOException;

/** Where a session runs: in a process of its own, or in a thread of the engine. */
interface SessionHost {
    /** A thread of the engine, of which nothing has to be prepared or ended. */
    SessionHost THREAD = new SessionHost() {};

    /**
     * Does with the process what the settings say, before the session takes memory or makes a thread. Called on the session's
     * thread.
     *
     * @throws IOException if the kernel refuses
     */
    default void prepare(WorkerSettings settings) throws NumaBinding.ImpossibleException, IOException {}

    /**
     * Ends a process, since the session may be in the middle of a long call. The thread that receives calls it at once when the
     * connection ends without a Stop.
     */
    default void lost() {}

    /** Looks at what ties the process to its parent. */
    default Guards guards() {
        return Guards.getDefaultInstance();
    }
}
