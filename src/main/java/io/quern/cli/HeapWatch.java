package io.quern.cli;

import io.quern.threads.EngineThreads;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.function.Supplier;

/**
 * Notices that the heap is exhausted, wherever that is thrown: event loops catch it, log it and go on, and so do libraries. The JVM's own
 * {@code -XX:+ExitOnOutOfMemoryError} does the same sooner, but can be set neither in a jar nor in a running JVM.
 */
final class HeapWatch {
    private static final Duration PERIOD = Duration.ofSeconds(1);

    /** As large as the buffers that event loops read into. */
    private static final int SAMPLE = 64 * 1024;

    private static final byte[] LAST_WORDS =
            "quern: the heap is exhausted, so the engine ends; give it more (-Xmx) or bound requests more tightly\n"
                    .getBytes(StandardCharsets.US_ASCII);

    private static volatile Object sample;

    private HeapWatch() {}

    /** @param exhausted called once; must not need memory */
    static void start(Runnable exhausted) {
        EngineThreads.daemon("quern-heap-watch").start(() -> watch(() -> new byte[SAMPLE], exhausted, PERIOD));
    }

    /** Until the supplier finds no memory, or the thread is interrupted. */
    static void watch(Supplier<Object> allocate, Runnable exhausted, Duration period) {
        while (true) {
            try {
                sample = allocate.get();
                sample = null; // else the compiler could leave the allocation out
                Thread.sleep(period);
            } catch (OutOfMemoryError e) {
                exhausted.run();
                sayLastWords();
                return;
            } catch (InterruptedException e) {
                return;
            }
        }
    }

    private static void sayLastWords() {
        try (FileOutputStream out = new FileOutputStream(FileDescriptor.err)) {
            out.write(LAST_WORDS);
        } catch (IOException | OutOfMemoryError e) {
            // without last words, then
        }
    }
}
