package io.quern.pool;

import io.quern.launch.WorkerStarter;
import io.quern.policy.Decision;
import io.quern.socket.FrameListener;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;

/**
 * Describes how workers are started.
 *
 * @param decision the start method, and why it was chosen
 * @param starter starts their processes; the fleet closes it at its end
 * @param listener the socket to which they connect; the fleet closes it at its end
 */
record Launch(Decision decision, WorkerStarter starter, FrameListener<WorkerFrame, EngineFrame> listener) {}
