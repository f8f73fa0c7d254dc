package io.quern.model;

import io.quern.threads.EngineThreads;
import io.quern.threads.UncaughtErrors;
import java.time.Duration;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/**
 * Runs work that nobody waits for longer than a bound. Renderings end by themselves at their deadline; should one not, its caller
 * goes on without it, and the thread is interrupted and given up. There are few threads and they do not keep the process alive.
 */
final class RenderThreads {
    private static final int MAX_WAITING = 1000;
    private static final Duration IDLE = Duration.ofSeconds(30);

    private final ThreadPoolExecutor threads;

    RenderThreads(int count) {
        ThreadFactory factory = EngineThreads.daemon("quern-template")
                .name("quern-template-", 0)
                .factory();
        threads = new ThreadPoolExecutor(
                count, count, IDLE.toMillis(), TimeUnit.MILLISECONDS, new LinkedBlockingQueue<>(MAX_WAITING), factory);
        threads.allowCoreThreadTimeOut(true);
    }

    /**
     * @throws TimeoutException where the work was not done in time, or could not begin
     * @throws ExecutionException with what the work threw
     */
    <T> T call(Callable<T> work, Duration time) throws TimeoutException, ExecutionException, InterruptedException {
        Future<T> future;
        try {
            future = threads.submit(work);
        } catch (RejectedExecutionException e) {
            throw new TimeoutException("too many wait");
        } catch (Error e) {
            // no thread is to be had: what the work itself throws comes by the future
            UncaughtErrors.report("quern-template", e);
            throw e;
        }
        try {
            return future.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            // no effect where it is done
            future.cancel(true);
        }
    }
}
