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
 * <p>The thread matters. A child asks the kernel for a signal when its parent dies (PR_SET_PDEATHSIG), and for the
 * kernel the parent is the <em>thread</em> that started the child. If a pool's thread or the carrier of a virtual
 * thread started it, the child would die when that thread ends. Close this object after the last child has ended.
 */
public final class ProcessStarter implements AutoCloseable {
    /** Receives name, command and pid of each started child. */
    @FunctionalInterface
    public interface Made {
        void accept(String name, List<String> command, long pid);
    }

    private final ExecutorService thread;
    private final Made made;

    public ProcessStarter() {
        this((name, command, pid) -> {});
    }

    /** @param made receives each child on the starter's thread, before anyone else */
    public ProcessStarter(Made made) {
        // inherits nothing: in development mode it outlives the application and must not keep its class loader
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
     * Takes over the thread from an earlier application in this JVM; {@code made} as in the constructor.
     */
    public static ProcessStarter takeOver(Map<String, Object> parts, Made made) {
        return new ProcessStarter((ExecutorService) Objects.requireNonNull(parts.get("thread")), made);
    }

    /** Hands the thread with its children over to the next application in this JVM. */
    public Map<String, Object> handOver() {
        return Map.of("thread", thread);
    }

    /** Takes over a child from an earlier application's starter. */
    public ChildProcess takeUp(Map<String, Object> child, Consumer<String> output) {
        return StartedChild.takeUp(child, output);
    }

    /** Starts a child. Fails with {@link java.io.IOException} if the operating system refuses. */
    public CompletionStage<ChildProcess> start(ChildCommand command) {
        return start(() -> command);
    }

    /**
     * Starts a child. The starter's thread computes the command, which may read files. Never blocks.
     *
     * @param command computes the command; an exception fails the start
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
                    // not by the thread's own handler, which would keep the classes of an ended application
                    started.completeExceptionally(e);
                    UncaughtErrors.report("quern-process-starter", e);
                }
            });
        } catch (RejectedExecutionException e) {
            started.completeExceptionally(new IOException("the engine is shutting down and starts no more processes"));
        }
        return started;
    }

    /** Ends the thread, and with it every child that still runs and has asked for the signal. */
    @Override
    public void close() {
        thread.shutdownNow();
    }
}
