package io.quern.threads;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Passes on what has ended a thread of the engine, or would have. Safe for use by several threads. */
public final class UncaughtErrors {
    private static final Logger LOG = Logger.getLogger(UncaughtErrors.class);
    private static final List<Consumer<UncaughtError>> LISTENERS = new CopyOnWriteArrayList<>();

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

    /** Tells all listeners, or the log if there are none. Never throws. */
    public static void report(String where, Throwable error) {
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
