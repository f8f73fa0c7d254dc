package io.quern.admission;

import io.quern.threads.EngineThreads;
import io.vertx.core.Vertx;
import java.time.Duration;

/** Timers on event loops. */
record VertxTimers(Vertx vertx) implements Timers {
    @Override
    public Timer after(Duration delay, Runnable task) {
        // an event loop would only log what the task throws, and the request would wait forever
        Runnable reporting = EngineThreads.reporting("a timer of the queue", task);
        long timer = vertx.setTimer(Math.max(1, delay.toMillis()), id -> reporting.run());
        return () -> vertx.cancelTimer(timer);
    }
}
