package io.quern.threads;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Passes errors that ended a thread of the engine, or would have, to listeners. Thread-safe. */
public final class UncaughtErrors {
    private static final Logger LOG = Logger.getLogger(UncaughtErrors.class);
    private static final List<Consumer<UncaughtError>> LISTENERS = new CopyOnWriteArrayList<>();

    /** The JVM's own message. */
    private static final String HEAP = "Java heap space";

    private static volatile Runnable memoryIsExhausted = () -> {};

    /**
     * An error that nobody caught.
     *
     * @param where name of the thread
     */
    public record UncaughtError(String where, Throwable error) {}

    private UncaughtErrors() {}

    /**
     * Adds a listener, which is called on the failing thread. It must not need another thread, because there may be
     * none left.
     *
     * @return an action that removes the listener
     */
    public static Runnable listen(Consumer<UncaughtError> listener) {
        LISTENERS.add(listener);
        return () -> LISTENERS.remove(listener);
    }

    /** Sets what runs first when a thread ends because the heap is full. It must not need memory; listeners may. */
    public static void whenMemoryIsExhausted(Runnable last) {
        memoryIsExhausted = last;
    }

    /** Reports an error to all listeners, or to the log if there are none. Never throws while there is memory. */
    public static void report(String where, Throwable error) {
        // a JVM that cannot create a thread throws the same class, but leaves listeners the memory to name the limit
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
            // nothing is left that could report it
        }
    }
}
