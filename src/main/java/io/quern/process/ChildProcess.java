package io.quern.process;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A child of the engine, running or ended. Thread-safe.
 *
 * <p>All kinds have an output, an exit status and a way to be killed. They differ in who started them, and therefore in
 * how they are killed and how their end is reported.
 */
public abstract sealed class ChildProcess permits StartedChild, ForkedChild, ThreadChild {
    private final ChildOutput output;
    private final CompletableFuture<ExitStatus> ended = new CompletableFuture<>();
    private final CompletableFuture<ExitStatus> exited;
    private volatile long peakMemoryBytes;

    ChildProcess(ChildOutput output) {
        this.output = output;
        this.exited = ended.thenCompose(status -> output.read().thenApply(ignored -> status));
    }

    /** Returns the pid, or 0 if it has no process of its own. */
    public abstract long pid();

    /** Sends SIGKILL, or the closest equivalent, to a running child. */
    abstract void sendKill();

    /**
     * Hands the child over to the next application in the same JVM (development mode) without ending it. This object
     * reports nothing more.
     *
     * @return the parts from which that application takes it over, in JDK types only, since other classes differ there
     * @throws UnsupportedOperationException if it has no process of its own
     */
    public abstract Map<String, Object> handOver();

    public final boolean alive() {
        return !ended.isDone();
    }

    /** Completes when the process has ended and its output has been read; the reader of an answer may still run. */
    public final CompletionStage<ExitStatus> exited() {
        return exited.minimalCompletionStage();
    }

    /** Returns its peak resident memory in bytes after its end, or 0 if unknown. */
    public final long peakMemoryBytes() {
        return peakMemoryBytes;
    }

    /** Returns the last lines of its output, without an answer. */
    public final List<String> lastOutput() {
        return output.lastLines();
    }

    /** Sends SIGKILL. */
    public final CompletionStage<ExitStatus> kill() {
        if (alive()) {
            sendKill();
        }
        return exited();
    }

    /** Sends SIGKILL to it and to the processes that it has started. */
    public CompletionStage<ExitStatus> killTree() {
        return kill();
    }

    final ChildOutput output() {
        return output;
    }

    /** @param peakBytes its peak resident memory, or 0 if unknown */
    final void complete(ExitStatus status, long peakBytes) {
        peakMemoryBytes = peakBytes;
        ended.complete(status);
    }
}
