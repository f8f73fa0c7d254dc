package io.quern.threads;

/** Makes threads that report what ends them to {@link UncaughtErrors}. */
public final class EngineThreads {
    private EngineThreads() {}

    /** A platform thread that does not keep the process alive. */
    public static Thread.Builder.OfPlatform daemon(String name) {
        return named(name).daemon();
    }

    /** A platform thread that does. */
    public static Thread.Builder.OfPlatform named(String name) {
        return Thread.ofPlatform().name(name).uncaughtExceptionHandler(EngineThreads::ended);
    }

    /** A virtual thread. */
    public static Thread.Builder.OfVirtual virtual(String name) {
        return Thread.ofVirtual().name(name).uncaughtExceptionHandler(EngineThreads::ended);
    }

    /** The same task, for a thread that is not ours, such as an event loop: reports an {@link Error} that leaves it. */
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
