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
 * What a child writes: a listener gets each line, and the last ones are kept. Safe for use by several threads.
 *
 * <p>The listener can be exchanged for that of a later application in this JVM, since the thread that reads a pipe
 * cannot: it must not be interrupted.
 */
final class ChildOutput {
    /** What an exit waits for the last lines; they are in the pipe already when the process is gone. */
    private static final Duration LAST_WORDS = Duration.ofMillis(50);

    private final OutputTail tail = new OutputTail();
    private final AtomicReference<Consumer<String>> listener;
    private final CompletableFuture<Void> ended = new CompletableFuture<>();

    /** @param listener gets each line, on the thread that reads or adds it */
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

    /** The output of a child that an earlier application has handed over with these parts. */
    @SuppressWarnings("unchecked")
    static ChildOutput takeUp(Map<String, Object> parts, Consumer<String> listener) {
        return new ChildOutput(
                (AtomicReference<Consumer<String>>) Objects.requireNonNull(parts.get("lines")), listener);
    }

    /** Leaves the lines to whoever takes the returned object up. */
    AtomicReference<Consumer<String>> handOver() {
        listener.set(line -> {});
        return listener;
    }

    /** Reads the stream to its end, on a thread of its own. */
    void read(String child, InputStream stream) {
        EngineThreads.daemon("quern-output-" + child).start(() -> {
            LineReader.read(stream, OutputTail.MAX_LINE_LENGTH, this::add);
            ended.complete(null);
        });
    }

    void add(String line) {
        Objects.requireNonNull(listener.get()).accept(line);
    }

    /** Nothing more will come. */
    void end() {
        ended.complete(null);
    }

    /**
     * Completes when the output has been read to its end, at the latest after the time that last lines are waited for.
     */
    CompletionStage<Void> read() {
        return ended.copy().completeOnTimeout(null, LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS);
    }

    List<String> lastLines() {
        return tail.lines();
    }
}
