package io.quern.worker;

import io.quern.wire.WorkerFrame;
import java.io.IOException;

/** Sends frames to the engine. Thread-safe. */
interface Outgoing {
    void send(WorkerFrame frame) throws IOException;
}
