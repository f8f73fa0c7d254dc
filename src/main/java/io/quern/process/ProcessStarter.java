package io.quern.process;

import io.quern.threads.UncaughtErrors;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;

/**
 * Starts children from one platform thread that lives as long as this object.
 *
 * <p>The thread matters: a child asks the kernel for a signal at its parent's death (PR_SET_PDEATHSIG), and for the
 * kernel the parent is the <em>thread</em> that made the child. From a pool's thread that ends, or a virtual thread's
 * carrier, children would die for no reason. Close it after the last child is gone.
 */
public final class ProcessStarter implements AutoCloseable {
    /** Is told name, command and pid of a child. */
    @FunctionalInterface
    public interface Made {
        void accept(String name, List<String> command, long pid);
    }

    private final ExecutorService thread;
    private final Made made;

    public ProcessStarter() {
        this((name, command, pid) -> {});
    }

    /** @param made is told of each child, on the starter's thread, before anybody else has it */
    public ProcessStarter(Made made) {
        // inheriting nothing: in development mode it outlives the application, whose class loader it must not hold
        this(
                Executors.newSingleThreadExecutor(Thread.ofPlatform()
                        .daemon()
                        .name("quern-process-starter")
                        .inheritInheritableThreadLocals(false)
                        .factory()),
                made);
    }

    private ProcessStarter(ExecutorService thread, Made made) {
        this.thread = thread;
        this.made = made;
    }

    /**
     * Goes on with the thread that an earlier application of this JVM has handed over; {@code made} as in the
     * constructor.
     */
    public static ProcessStarter takeOver(Map<String, Object> parts, Made made) {
        return new ProcessStarter((ExecutorService) Objects.requireNonNull(parts.get("thread")), made);
    }

    /** Gives the thread, and so the children that it has made, to the application that follows in this JVM. */
    public Map<String, Object> handOver() {
        return Map.of("thread", thread);
    }

    /** Goes on with a child that an earlier application's starter has made. */
    public ChildProcess takeUp(Map<String, Object> child, Consumer<String> output) {
        return StartedChild.takeUp(child, output);
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
                    made.accept(what.name(), what.command(), child.pid());
                    started.complete(child);
                } catch (Exception e) {
                    started.completeExceptionally(e);
                } catch (Error e) {
                    // not by the thread's own handler: it would hold the classes of an application that has ended
                    started.completeExceptionally(e);
                    UncaughtErrors.report("quern-process-starter", e);
                }
            });
        } catch (RejectedExecutionException e) {
            started.completeExceptionally(new IOException("the engine is shutting down and starts no more processes"));
        }
        return started;
    }

    /** Ends the thread, and so every child that is still there and has asked for the signal. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
