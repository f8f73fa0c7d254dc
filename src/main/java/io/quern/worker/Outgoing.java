package io.quern.worker;

import io.quern.wire.WorkerFrame;
import java.io.IOException;

/** Where frames to the engine go. Safe for use by several threads. */
interface Outgoing {
    void send(WorkerFrame frame) throws IOException;
}
