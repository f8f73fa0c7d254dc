package io.quern.fork;

import io.quern.log.KeyedLog;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ForkedChild;
import io.quern.process.ProcessSight;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The engine's side of a running launcher: its connection and the children that it has forked. The children end with
 * it.
 *
 * <p>Threads: one reads the launcher's messages, one accepts the children's output connections, one writes, and one
 * watches for a launcher that does not answer in time.
 */
public abstract sealed class LauncherProcess implements AutoCloseable permits ForkServer, EntryPoint {
    private static final KeyedLog LOG = KeyedLog.of(LauncherProcess.class);

    final ForkedChildren children = new ForkedChildren();
    final ChildOutputs outputs;
    final LauncherWriter writer = new LauncherWriter();
    final Patience patience;
    final CompletableFuture<PreloadResult> preloaded = new CompletableFuture<>();

    /** Receives the launcher's messages. It can be replaced; the reading thread cannot. */
    final AtomicReference<Consumer<List<String>>> messages;

    private final LauncherWatch watch;
    private final DoubleConsumer progress;

    /** The fields of the message "preloaded", or null before it. */
    private volatile @Nullable List<String> loaded;

    private volatile long pid;
    private volatile boolean gone;
    private volatile @Nullable String hanging;

    /**
     * @param folder a private folder for the socket of the children's output
     * @param patience longest time without an answer
     * @param loading whether it must still load
     * @param progress receives the loaded share (0 to 1) on a thread of this object
     * @throws IOException if the socket cannot be created
     */
    LauncherProcess(
            Path folder,
            Patience patience,
            boolean loading,
            DoubleConsumer progress,
            AtomicReference<Consumer<List<String>>> messages)
            throws IOException {
        this.patience = patience;
        this.watch = new LauncherWatch(patience, loading, System.nanoTime());
        this.progress = progress;
        this.messages = messages;
        this.outputs = new ChildOutputs(folder, children::get);
        messages.set(this::hear);
    }

    /** Ends the process or, if that is impossible, the connection to it. */
    abstract void end();

    /**
     * Handles a launcher that has not answered in time. Called repeatedly while that lasts.
     *
     * @param first whether this is the first call
     * @param silent time since its last message
     */
    abstract void hangs(boolean first, Duration silent);

    /** Returns what the engine does about a hanging launcher, for the log. */
    abstract String remedy();

    /**
     * Completes when everything is loaded. Fails with {@link UnfitLauncherException} if that is impossible, or with
     * {@link IOException} if the launcher has ended.
     */
    public CompletionStage<PreloadResult> preloaded() {
        return preloaded.minimalCompletionStage();
    }

    /** Returns why a running launcher cannot be used any more, or null while it answers in time. */
    public @Nullable String hanging() {
        return hanging;
    }

    /** Returns whether it has ended, and with it every child. */
    public boolean gone() {
        return gone;
    }

    /** Returns whether it has no children. */
    public boolean idle() {
        return children.isEmpty();
    }

    /** Returns the pid of the launcher, which is its children's parent. Valid after {@link #preloaded}. */
    public long pid() {
        return pid;
    }

    /** Returns whether {@link #handOver} is possible. */
    public boolean handsOver() {
        return false;
    }

    /**
     * Hands over the launcher without ending it; its children must have been handed over before. The reading thread
     * continues and passes messages to the new owner.
     *
     * @return the parts for the new owner, or empty if that is impossible
     */
    public Optional<Map<String, Object>> handOver() {
        return Optional.empty();
    }

    /** Takes over a child that this launcher forked for an earlier application. */
    public ChildProcess takeUp(String name, Map<String, Object> parts, Consumer<String> output) {
        ForkedChild child = ForkedChild.takeUp(name, parts, output, this::signal);
        children.add(name, child);
        boolean running = ProcessHandle.of(child.pid())
                .flatMap(ProcessHandle::parent)
                .filter(parent -> parent.pid() == pid)
                .isPresent();
        if (gone || !running) {
            // it ended while no application was listening
            child.ended(ForkedChildren.KILLED, 0);
        }
        return child;
    }

    /**
     * Forks a worker.
     *
     * @param output receives each line that it writes
     * @return the worker; fails with {@link UnfitLauncherException} if this launcher must not fork any more, or with
     *     {@link IOException} if it could not fork this time
     */
    public CompletionStage<ChildProcess> fork(ForkRequest request, Consumer<String> output) {
        // signals need the pid, which is known before anyone gets the child
        ForkedChild child = new ForkedChild(request.name(), output, this::signal);
        String id = children.add(request.name(), child);
        CompletionStage<ChildProcess> launch = children.launch(id);
        try {
            writer.send(request.message(id, outputs.socket()));
        } catch (IllegalArgumentException e) {
            children.refused(id, new IOException(e.getMessage(), e));
        }
        if (gone) {
            children.refused(id, new IOException("the launcher has ended"));
        }
        return launch;
    }

    /** Ends all its children, and the launcher unless it is the engine's entry point. */
    @Override
    public void close() {
        children.kill();
        // must come before the end of the connection, which the reader would treat as a loss
        lost("the engine ended it");
        end();
    }

    void runsAs(long process) {
        pid = process;
    }

    @Nullable
    List<String> loaded() {
        return loaded;
    }

    /** Marks it as gone. Returns false if it was gone before. */
    synchronized boolean leave() {
        boolean first = !gone;
        gone = true;
        return first;
    }

    /** Records that it has ended. */
    void lost(String how) {
        if (!leave()) {
            return;
        }
        IOException why = new IOException("the launcher has ended: " + how);
        preloaded.completeExceptionally(why);
        children.lost(why);
        outputs.close();
        writer.close();
    }

    /** Sends it what to load, and reads its messages until it ends. */
    void converse(ReadableByteChannel from, Preload what) throws IOException {
        outputs.take();
        writer.send(what.message());
        InputStream in = new BufferedInputStream(Channels.newInputStream(from));
        for (ControlMessage message = ControlMessage.read(in); message != null; message = ControlMessage.read(in)) {
            Objects.requireNonNull(messages.get()).accept(message.fields());
        }
    }

    void hear(List<String> fields) {
        try {
            take(new ControlMessage(fields));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private void take(ControlMessage message) throws IOException {
        long now = System.nanoTime();
        watch.heard(now);
        switch (message.verb()) {
            case "progress" -> progress.accept(Double.parseDouble(message.field(1)));
            case "preloaded" -> {
                loaded = message.fields();
                watch.loaded(now);
                preloaded.complete(PreloadResult.of(message));
            }
            case "pong" -> watch.answered(now);
            case "broken" -> {
                watch.loaded(now);
                preloaded.completeExceptionally(new UnfitLauncherException(message.field(1)));
            }
            case "forked" -> children.forked(message.field(1), message.number(2));
            case "refused" -> children.refused(message.field(1), refusal(message.field(2), message.field(3)));
            case "exited" -> {
                int signal = (int) message.number(3);
                children.exited(
                        message.number(1),
                        signal != 0 ? new ExitStatus.Signaled(signal) : ExitStatus.of((int) message.number(2)),
                        message.number(4) << 10);
            }
            default -> throw new IOException("the launcher sent an unknown message: " + message.verb());
        }
    }

    private static IOException refusal(String kind, String cause) {
        return kind.equals("poisoned")
                ? new UnfitLauncherException(cause)
                : new IOException("the launcher could not fork: " + cause);
    }

    void watch() {
        WatchThread.start(watch, this::gone, this::look);
    }

    private void look(long now) {
        if (watch.asks(children.due(), now)) {
            writer.send(ControlMessage.of("ping"));
        }
        Duration stopped = watch.stoppedFor(watch.waits() && isStopped(), now);
        Duration silent = watch.silentFor(now);
        if (!stopped.isZero()) {
            hangs(
                    stopped,
                    "its process was stopped (SIGSTOP)",
                    "The launcher's process is stopped (SIGSTOP, quern.pool.stopped-timeout).");
        } else if (!silent.isZero()) {
            double seconds = silent.toMillis() / 1000.0;
            hangs(
                    silent,
                    "it did not answer for %.1f s".formatted(seconds),
                    "The launcher has not answered for %.1f s (quern.worker.launcher-timeout).".formatted(seconds));
        }
    }

    private void hangs(Duration silent, String how, String message) {
        boolean first = hanging == null;
        if (first) {
            hanging = how;
            LOG.pid(pid).warnf("%s %s", message, remedy());
        }
        hangs(first, silent);
    }

    private boolean isStopped() {
        if (pid == 0) {
            return false;
        }
        try (ProcessSight sight = ProcessSight.of(pid).orElse(null)) {
            return sight != null && sight.look().map(ProcessSight.Look::stopped).orElse(false);
        }
    }

    private void signal(ForkedChild child, int number) {
        children.signalled(child);
        if (hanging != null) {
            children.lookAndEnd();
            return;
        }
        writer.send(ControlMessage.of("signal", Long.toString(child.pid()), Integer.toString(number)));
    }

    static void close(AutoCloseable channel) {
        try {
            channel.close();
        } catch (Exception e) {
            LOG.debugf("Cannot close the launcher's connection: %s", e.getMessage());
        }
    }
}
