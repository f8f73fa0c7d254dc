package io.quern.process;

import io.quern.threads.EngineThreads;
import java.io.InputStream;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.IntConsumer;

/**
 * A child that another process has made for this one: that process, its parent, reports its end and passes signals on, so that
 * none can reach a process that got the same pid later.
 */
public final class ForkedChild implements ChildProcess {
    private static final int SIGKILL = 9;

    private final String name;
    private final AtomicReference<Consumer<String>> lines;
    private final IntConsumer signals;
    private final OutputTail tail = new OutputTail();
    private final CompletableFuture<Void> outputEnded = new CompletableFuture<>();
    private final CompletableFuture<ExitStatus> ended = new CompletableFuture<>();
    private final CompletableFuture<ExitStatus> exited;
    private volatile long pid;
    private volatile long peakMemoryBytes;

    /**
     * @param name for thread names
     * @param output is given each line of standard output and error, on a thread of the child's
     * @param signals passes a signal's number on to the child
     */
    public ForkedChild(String name, Consumer<String> output, IntConsumer signals) {
        this(name, output, signals, new AtomicReference<>());
    }

    private ForkedChild(
            String name, Consumer<String> output, IntConsumer signals, AtomicReference<Consumer<String>> lines) {
        this.name = name;
        this.signals = signals;
        this.lines = lines;
        lines.set(line -> {
            tail.add(line);
            output.accept(line);
        });
        this.exited = ended.thenCompose(status -> outputEnded
                .completeOnTimeout(null, OutputTail.LAST_WORDS.toMillis(), TimeUnit.MILLISECONDS)
                .thenApply(ignored -> status));
    }

    /**
     * Goes on with one that an earlier application of this JVM has handed over. Whoever calls this is told of its end from then on, and
     * has to look whether it has come before.
     */
    @SuppressWarnings("unchecked")
    public static ForkedChild takeUp(
            String name, Map<String, Object> parts, Consumer<String> output, IntConsumer signals) {
        ForkedChild child =
                new ForkedChild(name, output, signals, (AtomicReference<Consumer<String>>) parts.get("lines"));
        child.forked((Long) parts.get("pid"));
        return child;
    }

    /** The thread that reads its output goes on, and tells whoever takes it up. */
    @Override
    public Map<String, Object> handOver() {
        lines.set(line -> {});
        return Map.of("pid", pid, "lines", lines);
    }

    /** It has been made. */
    public void forked(long asPid) {
        pid = asPid;
    }

    /** Its output has come; read on a thread of its own until it ends. */
    public void readOutput(InputStream stream) {
        EngineThreads.daemon("quern-output-" + name).start(() -> {
            LineReader.read(
                    stream, OutputTail.MAX_LINE_LENGTH, line -> lines.get().accept(line));
            outputEnded.complete(null);
        });
    }

    /**
     * Its parent has seen its end, or has ended itself and taken it along.
     *
     * @param peakBytes the most memory it has had resident; 0 where that is not known
     */
    public void ended(ExitStatus status, long peakBytes) {
        peakMemoryBytes = peakBytes;
        ended.complete(status);
    }

    @Override
    public long peakMemoryBytes() {
        return peakMemoryBytes;
    }

    @Override
    public long pid() {
        return pid;
    }

    @Override
    public boolean alive() {
        return !ended.isDone();
    }

    @Override
    public CompletionStage<ExitStatus> exited() {
        return exited.minimalCompletionStage();
    }

    @Override
    public List<String> lastOutput() {
        return tail.lines();
    }

    /** Forked workers start no processes: the same as {@link #kill}. */
    @Override
    public CompletionStage<ExitStatus> killTree() {
        return kill();
    }

    @Override
    public CompletionStage<ExitStatus> kill() {
        if (alive()) {
            signals.accept(SIGKILL);
        }
        return exited();
    }
}
