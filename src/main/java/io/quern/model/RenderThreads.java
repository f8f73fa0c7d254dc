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
 * Runs work with a limit on how long the caller waits. A rendering ends by itself at its deadline. If it does not, its
 * caller continues without it, and the thread is interrupted and abandoned. There are few threads, and they do not keep
 * the process alive.
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
     * Runs the work and waits for its result.
     *
     * @throws TimeoutException if the work did not finish in time, or could not begin
     * @throws ExecutionException with the exception that the work threw
     */
    <T> T call(Callable<T> work, Duration time) throws TimeoutException, ExecutionException, InterruptedException {
        Future<T> future;
        try {
            future = threads.submit(work);
        } catch (RejectedExecutionException e) {
            throw new TimeoutException("too many renderings are waiting");
        } catch (Error e) {
            // the thread could not be created; what the work itself throws arrives through the future
            UncaughtErrors.report("quern-template", e);
            throw e;
        }
        try {
            return future.get(time.toNanos(), TimeUnit.NANOSECONDS);
        } finally {
            // has no effect if the work is done
            future.cancel(true);
        }
    }
}
