package io.quern.process;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A running (or ended) child of ours. Safe for use by several threads.
 *
 * <p>All kinds have an output, an exit status and a way to be killed. They differ in who made them, and so in how they
 * are killed and how their end becomes known.
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

    /** 0 if it has no process of its own. */
    public abstract long pid();

    /** Sends SIGKILL, or what comes closest, to a child that lives. */
    abstract void sendKill();

    /**
     * Gives the child up without ending it, for the application that follows this one in the same JVM (development
     * mode): nothing more is reported here.
     *
     * @return the parts from which that application takes it up, of the JDK's own types only: other classes are not the
     *     same ones there
     * @throws UnsupportedOperationException if it has no process of its own
     */
    public abstract Map<String, Object> handOver();

    public final boolean alive() {
        return !ended.isDone();
    }

    /** Completes when the process is gone and its output has been read; an answer's reader may still be at it. */
    public final CompletionStage<ExitStatus> exited() {
        return exited.minimalCompletionStage();
    }

    /** The most memory it has had resident, in bytes, once it has ended; 0 if unknown. */
    public final long peakMemoryBytes() {
        return peakMemoryBytes;
    }

    /** The last lines it wrote, an answer not among them. */
    public final List<String> lastOutput() {
        return output.lastLines();
    }

    /** SIGKILL. */
    public final CompletionStage<ExitStatus> kill() {
        if (alive()) {
            sendKill();
        }
        return exited();
    }

    /** SIGKILL, also for the processes it has started itself. */
    public CompletionStage<ExitStatus> killTree() {
        return kill();
    }

    final ChildOutput output() {
        return output;
    }

    /** @param peakBytes the most memory it has had resident; 0 if unknown */
    final void complete(ExitStatus status, long peakBytes) {
        peakMemoryBytes = peakBytes;
        ended.complete(status);
    }
}
