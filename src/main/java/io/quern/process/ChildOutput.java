package io.quern.process;

import io.quern.threads.EngineThreads;
import java.io.InputStream;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;

/**
 * Passes each line of a child's output to a listener and keeps the last ones. Thread-safe.
 *
 * <p>A later application in this JVM can replace the listener. It cannot replace the thread that reads the pipe, which
 * must not be interrupted.
 */
final class ChildOutput {
    /**
     * Longest wait for the last lines after an exit. They are already in the pipe by then, so this is the time until a
     * busy machine runs the thread that reads them. It matters only if another process keeps the pipe open.
     */
    private static final Duration LAST_WORDS = Duration.ofMillis(500);

    private final OutputTail tail = new OutputTail();
    private final AtomicReference<Consumer<String>> listener;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** @param listener receives each line on the thread that reads or adds it */
    ChildOutput(Consumer<String> listener) {
        this(new AtomicReference<>(), listener);
    }

    private ChildOutput(AtomicReference<Consumer<String>> exchanged, Consumer<String> listener) {
        this.listener = exchanged;
        exchanged.set(line -> {
            tail.add(line);
            listener.accept(line);
        });
    }

    /** Takes over the output of a child from an earlier application. */
    @SuppressWarnings("unchecked")
    static ChildOutput takeUp(Map<String, Object> parts, Consumer<String> listener) {
        return new ChildOutput(
                (AtomicReference<Consumer<String>>) Objects.requireNonNull(parts.get("lines")), listener);
    }

    /** Hands over the lines; the next application takes over the returned object. */
    AtomicReference<Consumer<String>> handOver() {
        listener.set(line -> {});
        return listener;
    }

    /** Reads the stream to its end on its own thread. */
    void read(String child, InputStream stream) {
        EngineThreads.daemon("quern-output-" + child).start(() -> {
            LineReader.read(stream, OutputTail.MAX_LINE_LENGTH, this::add);
            ended.complete(null);
        });
    }

    void add(String line) {
        Objects.requireNonNull(listener.get()).accept(line);
    }

    /** Records that no more output will come. */
    void end() {
        ended.complete(null);
    }

    /**
     * Completes when the output has been read to its end, or after the longest wait for last lines.
     */
    CompletionStage<Void> read() {
        return ended.copy().completeOnTimeout(null, LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
    }

    List<String> lastLines() {
        return tail.lines();
    }
}
