package io.quern.threads;

/** Creates threads that report the error that ends them to {@link UncaughtErrors}. */
public final class EngineThreads {
    private EngineThreads() {}

    /** Returns a builder for a platform thread that does not keep the process alive. */
    public static Thread.Builder.OfPlatform daemon(String name) {
        return named(name).daemon();
    }

    /** Returns a builder for a platform thread that keeps the process alive. */
    public static Thread.Builder.OfPlatform named(String name) {
        return Thread.ofPlatform().name(name).uncaughtExceptionHandler(EngineThreads::ended);
    }

    /** Returns a builder for a virtual thread. */
    public static Thread.Builder.OfVirtual virtual(String name) {
        return Thread.ofVirtual().name(name).uncaughtExceptionHandler(EngineThreads::ended);
    }

    /**
     * Wraps a task that runs on a thread of somebody else, such as an event loop: an {@link Error} that it throws is
     * reported.
     */
    public static Runnable reporting(String where, Runnable task) {
        return () -> {
            try {
                task.run();
            } catch (Error e) {
                UncaughtErrors.report(where, e);
                throw e;
            }
        };
    }

    private static void ended(Thread thread, Throwable error) {
        UncaughtErrors.report(thread.getName(), error);
    }
}
