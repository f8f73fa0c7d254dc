package io.quern.pool;

import io.quern.launch.WorkerStarter;
import io.quern.policy.Decision;
import io.quern.socket.FrameListener;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.util.Optional;
import org.jboss.logging.Logger;

/**
 * Describes how workers are started.
 *
 * @param decision the start method, and why it was chosen
 * @param starter starts their processes; the fleet closes it at its end
 * @param listener the socket to which they connect; the fleet closes it at its end
 * @param model the name of their model for log lines, or empty if the engine has only one
 */
record Launch(
        Decision decision,
        WorkerStarter starter,
        FrameListener<WorkerFrame, EngineFrame> listener,
        Optional<String> model) {
    private static final Logger LOG = Logger.getLogger(Launch.class);

    /** Frees the resources of workers that were never started. */
    void close() {
        starter.close();
        try {
            listener.close();
        } catch (IOException e) {
            LOG.debugf("cannot close the workers' socket: %s", e.getMessage());
        }
    }
}
