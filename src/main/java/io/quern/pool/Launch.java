package io.quern.pool;

import io.quern.launch.WorkerStarter;
import io.quern.policy.Decision;
import io.quern.socket.FrameListener;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;

/**
 * Says how workers come to life.
 *
 * @param decision by which start method, and why
 * @param starter makes their processes; the fleet closes it at its end
 * @param listener they connect to; the fleet closes it at its end
 */
record Launch(Decision decision, WorkerStarter starter, FrameListener<WorkerFrame, EngineFrame> listener) {}
