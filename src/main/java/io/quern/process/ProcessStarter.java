package io.quern.process;

import java.io.IOException;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.BiConsumer;

/**
 * Starts children from one platform thread that lives as long as this object.
 *
 * <p>The thread matters: a child asks the kernel for a signal at its parent's death (PR_SET_PDEATHSIG), and for the kernel the
 * parent is the <em>thread</em> that made the child. From a pool's thread that ends, or a virtual thread's carrier, children
 * would die for no reason. Close it after the last child is gone.
 */
public final class ProcessStarter implements AutoCloseable {
    private final ExecutorService thread = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("quern-process-starter").factory());
    private final BiConsumer<String, Long> made;

    public ProcessStarter() {
        this((name, pid) -> {});
    }

    /** @param made is told name and pid of each child, on the starter's thread, before anybody else has it */
    public ProcessStarter(BiConsumer<String, Long> made) {
        this.made = made;
    }

    /** Starts a child; fails with {@link java.io.IOException} where the operating system refuses. */
    public CompletionStage<ChildProcess> start(ChildCommand command) {
        return start(() -> command);
    }

    /**
     * Starts a child whose command takes files to be looked at, which is done on the starter's thread. Never blocks.
     *
     * @param command what it throws fails the start
     */
    public CompletionStage<ChildProcess> start(Callable<ChildCommand> command) {
        CompletableFuture<ChildProcess> started = new CompletableFuture<>();
        try {
            thread.execute(() -> {
                try {
                    ChildCommand what = command.call();
                    StartedChild child = StartedChild.start(what);
                    made.accept(what.name(), child.pid());
                    started.complete(child);
                } catch (Exception e) {
                    started.completeExceptionally(e);
                }
            });
        } catch (RejectedExecutionException e) {
            started.completeExceptionally(new IOException("no more processes are started: this is the end"));
        }
        return started;
    }

    /** Ends the thread, and so every child that is still there and has asked for the signal. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
