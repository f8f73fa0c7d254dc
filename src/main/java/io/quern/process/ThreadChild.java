package io.quern.process;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;

/**
 * A "child" that is a thread of this process. It can be asked to end and no more: a thread that is stuck in native code cannot
 * be killed.
 */
public final class ThreadChild implements ChildProcess {
    private final OutputTail tail = new OutputTail();
    private final Runnable cut;
    private final CompletableFuture<ExitStatus> exited = new CompletableFuture<>();

    /** @param cut takes away what it lives by, so that it ends */
    public ThreadChild(Runnable cut) {
        this.cut = cut;
    }

    /** It wrote a line. */
    public void wrote(String line) {
        tail.add(line);
    }

    /** Its thread has ended. */
    public void ended(ExitStatus status) {
        exited.complete(status);
    }

    /** 0: it has no process of its own. */
    @Override
    public long pid() {
        return 0;
    }

    @Override
    public boolean alive() {
        return !exited.isDone();
    }

    @Override
    public CompletionStage<ExitStatus> exited() {
        return exited.minimalCompletionStage();
    }

    @Override
    public List<String> lastOutput() {
        return tail.lines();
    }

    @Override
    public CompletionStage<ExitStatus> killTree() {
        return kill();
    }

    @Override
    public CompletionStage<ExitStatus> kill() {
        if (alive()) {
            cut.run();
        }
        return exited();
    }
}
