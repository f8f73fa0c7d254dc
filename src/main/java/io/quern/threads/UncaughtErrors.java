package io.quern.threads;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Passes on what has ended a thread of the engine, or would have. Safe for use by several threads. */
public final class UncaughtErrors {
    private static final Logger LOG = Logger.getLogger(UncaughtErrors.class);
    private static final List<Consumer<UncaughtError>> LISTENERS = new CopyOnWriteArrayList<>();

    /** How the JVM words it. */
    private static final String HEAP = "Java heap space";

    private static volatile Runnable memoryIsExhausted = () -> {};

    /** @param where the thread's name */
    public record UncaughtError(String where, Throwable error) {}

    private UncaughtErrors() {}

    /**
     * Adds a listener, which is called on the thread that fails. It must not need another thread: there may be none left.
     *
     * @return removes the listener
     */
    public static Runnable listen(Consumer<UncaughtError> listener) {
        LISTENERS.add(listener);
        return () -> LISTENERS.remove(listener);
    }

    /** Sets what is run first when a thread has ended for want of memory: listeners may need some. It must not. */
    public static void whenMemoryIsExhausted(Runnable last) {
        memoryIsExhausted = last;
    }

    /** Tells all listeners, or the log if there are none. Never throws while there is memory. */
    public static void report(String where, Throwable error) {
        // that no thread can be made is told by the same class; it leaves memory for the listeners, and for the name of
        // the limit
        if (error instanceof OutOfMemoryError && HEAP.equals(error.getMessage())) {
            memoryIsExhausted.run();
        }
        UncaughtError uncaught = new UncaughtError(where, error);
        if (LISTENERS.isEmpty()) {
            log(uncaught);
        }
        for (Consumer<UncaughtError> listener : LISTENERS) {
            try {
                listener.accept(uncaught);
            } catch (RuntimeException | Error e) {
                log(new UncaughtError(where, e));
            }
        }
    }

    private static void log(UncaughtError uncaught) {
        try {
            LOG.errorf(uncaught.error(), "The thread %s ended with an error", uncaught.where());
        } catch (RuntimeException | Error e) {
            // there is nothing left to say it with
        }
    }
}
