package io.quern.cli;

import io.quern.threads.EngineThreads;
import io.quern.threads.UncaughtErrors;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Ends the process when its heap is exhausted, even if other code catches the error: event loops and libraries log it
 * and continue. The JVM's own {@code -XX:+ExitOnOutOfMemoryError} acts sooner, but can be set neither in a jar nor in a
 * running JVM. This class allocates nothing when it ends the process. The kernel ends the workers.
 */
final class HeapWatch {
    /** The same as with the JVM's own flag. */
    private static final int EXIT_CODE = 3;

    private static final Duration PERIOD = Duration.ofSeconds(1);

    /** Time to write the last message, which would block if nobody reads the pipe. */
    private static final long LAST_WORDS_MILLIS = 200;

    private static final byte[] LAST_WORDS =
            "quern: the heap is exhausted, so the engine exits. Raise -Xmx or lower the limits of requests.\n"
                    .getBytes(StandardCharsets.US_ASCII);

    /** Number of checks in a row that must find a full heap after a collection. */
    private static final int PATIENCE = 3;

    private static volatile @Nullable Object sample;

    private final Thread lastWords = new Thread(HeapWatch::sayLastWords, "quern-heap-last-words");

    private HeapWatch() {
        lastWords.setDaemon(true);
    }

    /** The properties of a heap that the watch reads. */
    interface Heap {
        long max();

        /** Free bytes, including those that the heap may still grow by. */
        long free();

        /** @throws OutOfMemoryError if it is exhausted */
        Object allocate(int bytes);
    }

    /**
     * Starts the watching thread. Also ends the process if an {@link OutOfMemoryError} ends another thread.
     */
    static void start() {
        HeapWatch watch = new HeapWatch();
        Runnable end = watch::end;
        UncaughtErrors.whenMemoryIsExhausted(end);
        EngineThreads.daemon("quern-heap-watch").start(() -> watch(new HeapOfThisProcess(), end, PERIOD));
    }

    /**
     * Watches until the heap is exhausted or the thread is interrupted. It allocates nothing while there is room. If
     * room is short, it allocates, which makes the JVM collect. If the heap stays full after that, the process spends
     * its time in the collector, although no allocation fails.
     */
    static void watch(Heap heap, Runnable exhausted, Duration period) {
        long little = heap.max() / 8;
        long hardlyAny = heap.max() / 64;
        int bytes = (int) Math.clamp(heap.max() / 256, 64 * 1024, 1024 * 1024);
        int full = 0;
        while (true) {
            try {
                if (heap.free() < little) {
                    sample = heap.allocate(bytes);
                    sample = null; // written, so that the compiler cannot remove the allocation
                    full = heap.free() < hardlyAny ? full + 1 : 0;
                } else {
                    full = 0;
                }
                if (full == PATIENCE) {
                    exhausted.run();
                    return;
                }
                Thread.sleep(period);
            } catch (OutOfMemoryError e) {
                exhausted.run();
                return;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private void end() {
        try {
            lastWords.start();
            lastWords.join(LAST_WORDS_MILLIS);
        } catch (InterruptedException | RuntimeException | Error e) {
            // exit without the message
        }
        Runtime.getRuntime().halt(EXIT_CODE);
    }

    private static void sayLastWords() {
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.err)) {
            out.write(LAST_WORDS);
        } catch (IOException | OutOfMemoryError e) {
            // nobody reads it
        }
    }

    private static final class HeapOfThisProcess implements Heap {
        private final Runtime runtime = Runtime.getRuntime();

        @Override
        public long max() {
            return runtime.maxMemory();
        }

        @Override
        public long free() {
            return runtime.maxMemory() - runtime.totalMemory() + runtime.freeMemory();
        }

        @Override
        public Object allocate(int bytes) {
            return new byte[bytes];
        }
    }
}
