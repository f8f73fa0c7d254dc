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
 * Ends the process once its heap is exhausted, wherever that is noticed: event loops catch the error, log it and go on,
 * and so do libraries. The JVM's own {@code -XX:+ExitOnOutOfMemoryError} does the same sooner, but can be set neither
 * in a jar nor in a running JVM. Nothing here needs memory when the time has come. The kernel ends the workers.
 */
final class HeapWatch {
    /** As of the JVM's own flag. */
    private static final int EXIT_CODE = 3;

    private static final Duration PERIOD = Duration.ofSeconds(1);

    /** For the last words, which may find a pipe that nobody reads. */
    private static final long LAST_WORDS_MILLIS = 200;

    private static final byte[] LAST_WORDS =
            "quern: the heap is exhausted, so the engine ends; give it more (-Xmx) or bound requests more tightly\n"
                    .getBytes(StandardCharsets.US_ASCII);

    /** Looks in a row at a heap that is full even after a collection. */
    private static final int PATIENCE = 3;

    private static volatile @Nullable Object sample;

    private final Thread lastWords = new Thread(HeapWatch::sayLastWords, "quern-heap-last-words");

    private HeapWatch() {
        lastWords.setDaemon(true);
    }

    /** The heap, as it is seen from here. */
    interface Heap {
        long max();

        /** Bytes that are free, or could be. */
        long free();

        /** @throws OutOfMemoryError if it is exhausted */
        Object allocate(int bytes);
    }

    /**
     * Starts the thread that watches, and ends the process at an {@link OutOfMemoryError} that ends another thread,
     * too.
     */
    static void start() {
        HeapWatch watch = new HeapWatch();
        Runnable end = watch::end;
        UncaughtErrors.whenMemoryIsExhausted(end);
        EngineThreads.daemon("quern-heap-watch").start(() -> watch(new HeapOfThisProcess(), end, PERIOD));
    }

    /**
     * Until the heap is exhausted, or the thread is interrupted. While there is room this allocates nothing; else it
     * tries to, which makes the JVM collect. A heap that stays full after that leaves the process to the collector, and
     * no allocation need fail.
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
                    sample = null; // else the compiler could leave the allocation out
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
            // without last words, then
        }
        Runtime.getRuntime().halt(EXIT_CODE);
    }

    private static void sayLastWords() {
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.err)) {
            out.write(LAST_WORDS);
        } catch (IOException | OutOfMemoryError e) {
            // nobody listens
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
