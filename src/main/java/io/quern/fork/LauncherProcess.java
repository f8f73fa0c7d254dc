package io.quern.fork;

import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ForkedChild;
import io.quern.process.LastWords;
import io.quern.process.ProcessStarter;
import io.quern.threads.EngineThreads;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.nio.channels.ReadableByteChannel;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;

/**
 * The native launcher as a fork parent: the connection to it, and the children it has made. It is either a fork server, a
 * process that the engine has started and that ends with this object, or the engine's own parent. When it ends, its children
 * have ended.
 *
 * <p>Threads: one reads what the launcher says, one takes the children's output connections, one writes, one watches.
 *
 * <p>A launcher that does not answer in time hangs. A fork server is killed then. The engine's own parent cannot be; it is not asked for
 * more, and its children are looked after from here.
 */
public final class ForkParent implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ForkParent.class);

    private final ForkedChildren children = new ForkedChildren();
    private final ChildOutputs outputs;
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            EngineThreads.daemon("quern-launcher-write").factory());
    /** EAGAIN and ENOMEM, as the JDK reports them of a process that could not be made; or it was told to make none any more. */
    private static final Pattern SHORTAGE = Pattern.compile("error[=:] ?1[12]\\b|no more processes are started");

    /** Between two looks of the watch. */
    private static final Duration WATCH_PERIOD = Duration.ofMillis(250);

    /** Between two looks, where the engine was stopped or the machine slept. */
    private static final Duration LATE = Duration.ofSeconds(2);

    private final Patience patience;
    private final LauncherWatch watch;
    private final CompletableFuture<PreloadResult> preloaded = new CompletableFuture<>();
    private final DoubleConsumer progress;

    /** Takes what the launcher says; it can be exchanged, the thread that reads cannot. */
    private final AtomicReference<Consumer<List<String>>> messages;

    private volatile ChildProcess server;
    private volatile List<String> loaded;
    private volatile long pid;
    private volatile Runnable end = () -> {};
    private volatile WritableByteChannel toLauncher;
    private volatile boolean gone;

    /** Why it cannot be used any more although it has not ended; null as long as it answers in time. */
    private volatile String hanging;

    private ForkParent(
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

    /**
     * Starts a fork server and has it load everything.
     *
     * @param folder a private one, for its sockets
     * @param what it is to load
     * @param patience what it may take
     * @param progress is told the share that is loaded, on a thread of the server's
     * @param withoutEnvironment names of variables that it does not get
     * @param more arguments of the launcher's
     * @throws IOException if its sockets cannot be made
     */
    public static ForkParent server(
            ProcessStarter starter,
            Path program,
            Path folder,
            Preload what,
            Patience patience,
            DoubleConsumer progress,
            Set<String> withoutEnvironment,
            List<String> more)
            throws IOException {
        ForkParent server = new ForkParent(folder, patience, true, progress, new AtomicReference<>());
        Path controlSocket = folder.resolve("c");
        Files.deleteIfExists(controlSocket);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(controlSocket));
        starter.start(() -> new ChildCommand(
                        "launcher",
                        commandLine(program, controlSocket, more),
                        Map.of(),
                        withoutEnvironment,
                        null,
                        line -> LOG.debugf("launcher: %s", line)))
                .whenComplete((child, failure) -> {
                    if (failure != null) {
                        close(listener);
                        server.preloaded.completeExceptionally(notStarted(failure));
                        server.lost("it could not be started: " + failure.getMessage());
                    } else {
                        server.started(child, listener, controlSocket, what);
                    }
                });
        server.watch(true);
        return server;
    }

    /**
     * The process whose child this engine is; has it load everything.
     *
     * @param folder a private one, for a socket
     * @param what it is to load
     * @param patience what it may take
     * @param progress is told the share that is loaded, on a thread of the launcher's
     * @throws IOException if it does not answer, or the socket cannot be made
     */
    public static ForkParent owner(Owner owner, Path folder, Preload what, Patience patience, DoubleConsumer progress)
            throws IOException {
        ForkParent parent = new ForkParent(folder, patience, true, progress, new AtomicReference<>());
        ReadableByteChannel from = owner.openToRead();
        try {
            parent.toLauncher = owner.openToWrite();
        } catch (IOException e) {
            close(from);
            parent.lost("it cannot be talked to: " + e.getMessage());
            throw e;
        }
        parent.pid = owner.pid();
        parent.end = () -> close(from);
        EngineThreads.daemon("quern-launcher-read").start(() -> {
            try (from) {
                parent.converse(from, what);
                parent.lost("it closed its connection");
            } catch (IOException | UncheckedIOException e) {
                parent.lost("its connection failed: " + e.getMessage());
            }
        });
        parent.watch(false);
        return parent;
    }

    /** Goes on with a fork server that an earlier application of this JVM has handed over. */
    @SuppressWarnings("unchecked")
    public static ForkParent takeOver(ProcessStarter starter, Map<String, Object> parts, Patience patience)
            throws IOException {
        ForkParent server = new ForkParent(
                (Path) parts.get("folder"), patience, false, share -> {}, (AtomicReference<Consumer<List<String>>>)
                        parts.get("messages"));
        server.toLauncher = (WritableByteChannel) parts.get("connection");
        server.hear((List<String>) parts.get("loaded"));
        server.owns(
                starter.takeUp((Map<String, Object>) parts.get("process"), line -> LOG.debugf("launcher: %s", line)));
        server.outputs.take();
        server.watch(true);
        return server;
    }

    /** Whether {@link #handOver} would do it: not as long as it loads, and not the engine's own parent. */
    public synchronized boolean handsOver() {
        return !gone && server != null && loaded != null;
    }

    /**
     * Gives the launcher and its children up without ending them. The thread that reads what the launcher says goes on, and tells
     * whoever takes them over.
     *
     * @return empty if that cannot be; the children must have been handed over
     */
    public Optional<Map<String, Object>> handOver() {
        synchronized (this) {
            if (!handsOver()) {
                return Optional.empty();
            }
            gone = true;
        }
        messages.set(fields -> {});
        children.clear();
        outputs.close();
        writer.shutdown();
        return Optional.of(Map.of(
                "folder", outputs.socket().getParent(),
                "process", server.handOver(),
                "connection", toLauncher,
                "messages", messages,
                "loaded", loaded));
    }

    /** Goes on with a child that {@link #takeOver this launcher} made for an earlier application. */
    public ChildProcess takeUp(String name, Map<String, Object> parts, Consumer<String> output) {
        ForkedChild[] itself = new ForkedChild[1];
        ForkedChild child = ForkedChild.takeUp(name, parts, output, signal -> signal(itself[0], signal));
        itself[0] = child;
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

    /** A system that is short of processes or memory may have some again; nothing else heals. */
    private static IOException notStarted(Throwable failure) {
        String how = "it could not be started: " + failure.getMessage();
        return failure instanceof IOException && !SHORTAGE.matcher(how).find()
                ? new UnfitForkParentException(how)
                : new IOException("the launcher has ended: " + how, failure);
    }

    private static List<String> commandLine(Path program, Path controlSocket, List<String> more) {
        List<String> command = new ArrayList<>();
        command.add(program.toString());
        command.add("--control=" + controlSocket);
        command.add("--parent=" + ProcessHandle.current().pid());
        command.addAll(more);
        return command;
    }

    /**
     * Completes when everything is loaded; fails with {@link UnfitForkParentException} if it cannot be, with {@link IOException} if
     * the launcher has ended.
     */
    public CompletionStage<PreloadResult> preloaded() {
        return preloaded.minimalCompletionStage();
    }

    /** Why it cannot be used any more although it has not ended; null as long as it answers in time. */
    public String hanging() {
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

    /**
     * Forks a worker.
     *
     * @param engineSocket where the engine listens: the launcher connects it
     * @param confinement what the worker gives up first, items of the sandbox
     * @return fails with {@link UnfitForkParentException} if this server must not fork any more, with {@link IOException} if it could
     *     not this time
     */
    public CompletionStage<ChildProcess> fork(
            String name,
            String token,
            Path engineSocket,
            List<String> jvmOptions,
            List<String> arguments,
            List<String> confinement,
            List<String> environment,
            Consumer<String> output) {
        // the pid is what the launcher takes signals by, and is there before anybody has the child
        ForkedChild[] itself = new ForkedChild[1];
        ForkedChild child = new ForkedChild(name, output, signal -> signal(itself[0], signal));
        itself[0] = child;
        String id = children.add(name, child);
        CompletionStage<ChildProcess> launch = children.launch(id);
        try {
            send(ControlMessage.of(
                            "fork",
                            id,
                            token,
                            engineSocket.toString(),
                            outputs.socket().toString())
                    .with(jvmOptions)
                    .with(arguments)
                    .with(confinement)
                    .with(environment));
        } catch (IllegalArgumentException e) {
            children.refused(id, new IOException(e.getMessage(), e));
        }
        if (gone) {
            children.refused(id, new IOException("the launcher has ended"));
        }
        return launch;
    }

    /** Ends all its children, and itself unless it is the engine's own parent. */
    @Override
    public void close() {
        children.kill();
        // before the connection goes, which its reader would take for a loss and clean up after, behind our back
        lost("it was told to end");
        end.run();
    }

    private void owns(ChildProcess child) {
        server = child;
        pid = child.pid();
        end = child::kill;
        child.exited()
                .thenAccept(exit -> lost((hanging == null ? "" : hanging + ", and was killed: ") + "it ended by " + exit
                        + LastWords.of(child.lastOutput())
                                .map(line -> ": " + line)
                                .orElse("")));
    }

    private void started(ChildProcess child, ServerSocketChannel listener, Path controlSocket, Preload what) {
        // a launcher that dies before it connects would leave us waiting for it
        child.exited().thenAccept(exit -> close(listener));
        owns(child);
        if (gone) {
            child.kill();
            return;
        }
        EngineThreads.daemon("quern-launcher-read").start(() -> {
            try (listener;
                    SocketChannel connection = listener.accept()) {
                Files.deleteIfExists(controlSocket);
                toLauncher = connection;
                converse(connection, what);
            } catch (IOException | UncheckedIOException e) {
                LOG.debugf("the launcher's connection: %s", e.getMessage());
            } finally {
                deleteQuietly(controlSocket);
                // its end follows, and tells more than the end of the stream
                child.kill();
            }
        });
    }

    /** Tells it what to load, and reads what it says until it ends. */
    private void converse(ReadableByteChannel from, Preload what) throws IOException {
        outputs.take();
        send(what.message());
        InputStream in = new BufferedInputStream(Channels.newInputStream(from));
        for (ControlMessage message = ControlMessage.read(in); message != null; message = ControlMessage.read(in)) {
            messages.get().accept(message.fields());
        }
    }

    private void hear(List<String> fields) {
        try {
            take(new ControlMessage(fields));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** @param server whether it is a fork server, which can be killed */
    private void watch(boolean server) {
        EngineThreads.daemon("quern-launcher-watch").start(() -> {
            long last = System.nanoTime();
            while (!gone) {
                LockSupport.parkNanos(WATCH_PERIOD.toNanos());
                long now = System.nanoTime();
                if (now - last > LATE.toNanos()) {
                    // we have slept ourselves: what it said meanwhile is not read yet
                    watch.heard(now);
                }
                last = now;
                look(server, now);
            }
        });
    }

    private void look(boolean server, long now) {
        if (watch.asks(children.due(), now)) {
            send(ControlMessage.of("ping"));
        }
        Duration silent = watch.silentFor(now);
        if (silent.isZero()) {
            return;
        }
        boolean first = hanging == null;
        if (first) {
            hanging = "it did not answer for %.1f s".formatted(silent.toMillis() / 1000.0);
            LOG.warnf(
                    "The launcher, process %d, has not answered for %.1f s (quern.worker.launcher-timeout). %s",
                    pid,
                    silent.toMillis() / 1000.0,
                    server
                            ? "It is killed and replaced, and its workers with it."
                            : "Workers are spawned from now on; those it has forked go on.");
        }
        if (server) {
            endServer(first, silent);
        } else {
            IOException why = new IOException("the launcher hangs: " + hanging);
            preloaded.completeExceptionally(why);
            children.refuseLaunches(why);
            children.lookAndEnd();
        }
    }

    /** Its workers die with it; where even SIGKILL does not end it, it is given up, and they are killed one by one. */
    private void endServer(boolean first, Duration silent) {
        if (first) {
            end.run();
        }
        if (silent.compareTo(patience.progress().plus(patience.answer())) > 0) {
            children.killDirectly();
            lost(hanging + ", and could not be killed");
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
                preloaded.completeExceptionally(new UnfitForkParentException(message.field(1)));
            }
            case "forked" -> children.forked(message.field(1), message.number(2));
            case "refused" -> {
                String cause = message.field(3);
                children.refused(
                        message.field(1),
                        message.field(2).equals("poisoned")
                                ? new UnfitForkParentException(cause)
                                : new IOException("the launcher could not fork: " + cause));
            }
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

    private void signal(ForkedChild child, int number) {
        children.signalled(child);
        if (hanging != null) {
            children.lookAndEnd();
            return;
        }
        send(ControlMessage.of("signal", Long.toString(child.pid()), Integer.toString(number)));
    }

    /** Event loops and the supervisor call this: they must not wait for the launcher, which may be loading. */
    private void send(ControlMessage message) {
        ByteBuffer bytes = message.encode();
        try {
            writer.execute(() -> {
                try {
                    WritableByteChannel open = toLauncher;
                    while (open != null && bytes.hasRemaining()) {
                        open.write(bytes);
                    }
                } catch (IOException e) {
                    LOG.debugf("the launcher cannot be told: %s", e.getMessage());
                }
            });
        } catch (RejectedExecutionException e) {
            LOG.debugf("the launcher has ended, it is not told: %s", message.verb());
        }
    }

    private void lost(String how) {
        synchronized (this) {
            if (gone) {
                return;
            }
            gone = true;
        }
        IOException why = new IOException("the launcher has ended: " + how);
        preloaded.completeExceptionally(why);
        children.lost(why);
        outputs.close();
        // what is still to be written, signals to children among it, is
        writer.execute(() -> {
            WritableByteChannel open = toLauncher;
            if (open != null) {
                close(open);
            }
        });
        writer.shutdown();
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debugf("left behind: %s", e.getMessage());
        }
    }

    private static void close(AutoCloseable channel) {
        try {
            channel.close();
        } catch (Exception e) {
            LOG.debugf("closing: %s", e.getMessage());
        }
    }
}
