package io.quern.worker;

import io.quern.wire.Guards;
import io.quern.wire.WorkerSettings;
import java.io.IOException;

/** The host of a session: a separate process or a thread of the engine. */
interface SessionHost {
    /** A thread of the engine, which needs no preparation or end. */
    SessionHost THREAD = new SessionHost() {};

    /**
     * Applies the settings to the process before the session allocates memory or starts a thread. Called on the
     * session's thread.
     *
     * @throws IOException if the kernel refuses
     */
    default void prepare(WorkerSettings settings) throws NumaBinding.ImpossibleException, IOException {}

    /**
     * Ends a process, since the session may be inside a long call. The receiving thread calls it at once if the
     * connection ends without a Stop.
     */
    default void lost() {}

    /** Returns the guards that end the process with its parent. */
    default Guards guards() {
        return Guards.getDefaultInstance();
    }
}
