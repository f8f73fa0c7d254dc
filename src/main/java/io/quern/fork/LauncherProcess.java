package io.quern.fork;

import io.quern.log.KeyedLog;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ForkedChild;
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
 * A running launcher, as the engine sees it: its connection, and the children it has forked, which end with it.
 *
 * <p>Threads: one reads what the launcher says, one takes the children's output connections, one writes, one watches
 * for a launcher that does not answer in time.
 */
public abstract sealed class LauncherProcess implements AutoCloseable permits ForkServer, EntryPoint {
    private static final KeyedLog LOG = KeyedLog.of(LauncherProcess.class);

    final ForkedChildren children = new ForkedChildren();
    final ChildOutputs outputs;
    final LauncherWriter writer = new LauncherWriter();
    final Patience patience;
    final CompletableFuture<PreloadResult> preloaded = new CompletableFuture<>();

    /** Takes what the launcher says; it can be exchanged, the thread that reads cannot. */
    final AtomicReference<Consumer<List<String>>> messages;

    private final LauncherWatch watch;
    private final DoubleConsumer progress;

    /** The fields of the message that says what it has loaded; null before. */
    private volatile @Nullable List<String> loaded;

    private volatile long pid;
    private volatile boolean gone;
    private volatile @Nullable String hanging;

    /**
     * @param folder a private one, for the socket of the children's output
     * @param patience how long it may be silent
     * @param loading whether it still has to load
     * @param progress is told the share that is loaded, on a thread of the launcher's
     * @throws IOException if the socket cannot be made
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

    /** Ends the process or, where that cannot be, the conversation with it. */
    abstract void end();

    /**
     * It has not answered in time; called again and again from then on.
     *
     * @param first whether it did the last time
     * @param silent how long it has said nothing
     */
    abstract void hangs(boolean first, Duration silent);

    /** What the engine does about it, for the log. */
    abstract String remedy();

    /**
     * Completes when everything is loaded; fails with {@link UnfitLauncherException} if it cannot be, with {@link
     * IOException} if the launcher has ended.
     */
    public CompletionStage<PreloadResult> preloaded() {
        return preloaded.minimalCompletionStage();
    }

    /** Why it cannot be used any more although it has not ended; null as long as it answers in time. */
    public @Nullable String hanging() {
        return hanging;
    }

    /** Whether it has ended, and with it every child. */
    public boolean gone() {
        return gone;
    }

    /** Whether it has no children. */
    public boolean idle() {
        return children.isEmpty();
    }

    /** Of the launcher's process, which is its children's parent; after {@link #preloaded}. */
    public long pid() {
        return pid;
    }

    /** Whether {@link #handOver} would do it. */
    public boolean handsOver() {
        return false;
    }

    /**
     * Gives the launcher and its children up without ending them. The thread that reads what the launcher says goes on,
     * and tells whoever takes them over.
     *
     * @return empty if that cannot be; the children must have been handed over
     */
    public Optional<Map<String, Object>> handOver() {
        return Optional.empty();
    }

    /** Goes on with a child that this launcher made for an earlier application. */
    public ChildProcess takeUp(String name, Map<String, Object> parts, Consumer<String> output) {
        ForkedChild child = ForkedChild.takeUp(name, parts, output, this::signal);
        children.add(name, child);
        boolean there = ProcessHandle.of(child.pid())
                .flatMap(ProcessHandle::parent)
                .filter(parent -> parent.pid() == pid)
                .isPresent();
        if (gone || !there) {
            // it has ended while nobody listened
            child.ended(ForkedChildren.KILLED, 0);
        }
        return child;
    }

    /**
     * Forks a worker.
     *
     * @param output is given each line that it writes
     * @return fails with {@link UnfitLauncherException} if this launcher must not fork any more, with {@link
     *     IOException} if it could not this time
     */
    public CompletionStage<ChildProcess> fork(ForkRequest request, Consumer<String> output) {
        // the pid is what the launcher takes signals by, and is there before anybody has the child
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

    /** Ends all its children, and itself unless it is the engine's entry point. */
    @Override
    public void close() {
        children.kill();
        // before the connection goes, which its reader would take for a loss and clean up after, behind our back
        lost("it was told to end");
        end();
    }

    void runsAs(long process) {
        pid = process;
    }

    @Nullable
    List<String> loaded() {
        return loaded;
    }

    /** Nothing is expected of it any more. False if that was so before. */
    synchronized boolean leave() {
        boolean first = !gone;
        gone = true;
        return first;
    }

    /** It has ended. */
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

    /** Tells it what to load, and reads what it says until it ends. */
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
            default -> throw new IOException("the launcher said something unknown: " + message.verb());
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
        Duration silent = watch.silentFor(now);
        if (silent.isZero()) {
            return;
        }
        boolean first = hanging == null;
        if (first) {
            double seconds = silent.toMillis() / 1000.0;
            hanging = "it did not answer for %.1f s".formatted(seconds);
            LOG.pid(pid)
                    .warnf(
                            "The launcher has not answered for %.1f s (quern.worker.launcher-timeout). %s",
                            seconds, remedy());
        }
        hangs(first, silent);
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
            LOG.debugf("closing: %s", e.getMessage());
        }
    }
}
