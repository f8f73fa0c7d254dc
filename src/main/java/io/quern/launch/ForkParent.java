package io.quern.launch;

import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.ExitStatus;
import io.quern.process.ForkedChild;
import io.quern.process.ProcessStarter;
import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
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
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.DoubleConsumer;
import org.jboss.logging.Logger;

/**
 * The native launcher as a fork parent: the connection to it, and the children it has made. It is either a fork server, a
 * process that the engine has started and that ends with this object, or the engine's own parent. When it ends, its children
 * have ended.
 *
 * <p>Threads: one reads what the launcher says, one takes the children's output connections, one writes.
 */
final class ForkParent implements AutoCloseable {
    private static final Logger LOG = Logger.getLogger(ForkParent.class);

    private static final int SIGKILL = 9;
    private static final int MAX_ID_BYTES = 200;

    /**
     * What it is to load besides libjvm.
     *
     * @param libraries llama.cpp's, or null: none
     * @param model or null: none
     * @param slots of the context that it makes for the model
     * @param contextLength tokens per slot; 0: the worker's choice from the model
     * @param threads that compute
     * @param flashAttention whether the fused attention kernel is used
     */
    record Preload(
            Path libraries, Path model, int slots, int contextLength, int threads, FlashAttention flashAttention) {
        /** The JVM alone. */
        static final Preload NOTHING = new Preload(null, null, 0, 0, 1, FlashAttention.AUTO);

        private ControlMessage message() {
            return ControlMessage.of(
                    "preload",
                    libjvm().toString(),
                    libraries == null ? "" : libraries.toString(),
                    model == null ? "" : model.toString(),
                    Integer.toString(slots),
                    Integer.toString(contextLength),
                    Integer.toString(threads),
                    flashAttention.toString());
        }
    }

    /**
     * What it has loaded.
     *
     * @param model its address in the launcher and its children; 0: none
     * @param context the address of the context that is made and warm; 0: none
     * @param contextLength tokens per slot of the context
     * @param flashAttention whether the context uses the fused attention kernel
     * @param microsPerToken how long it takes to prefill a token, in microseconds; 0: not measured
     * @param device what llama.cpp computes on; empty if it is not loaded
     */
    record Preloaded(
            long model, long context, int contextLength, boolean flashAttention, double microsPerToken, String device) {

        private static Preloaded of(ControlMessage message) throws IOException {
            return new Preloaded(
                    Long.parseUnsignedLong(message.field(1), 16),
                    Long.parseUnsignedLong(message.field(2), 16),
                    (int) message.number(3),
                    message.number(4) != 0,
                    Double.parseDouble(message.field(5)),
                    message.field(6));
        }

        /** What a worker is told of it. */
        List<String> arguments() {
            List<String> arguments = new ArrayList<>();
            if (model != 0) {
                arguments.add("--preloaded");
                arguments.add("--model-address=" + Long.toUnsignedString(model));
                arguments.add("--device=" + device);
            }
            if (context != 0) {
                arguments.add("--context-address=" + Long.toUnsignedString(context));
                arguments.add("--context-made=" + contextLength + ":" + flashAttention + ":" + microsPerToken);
            }
            return arguments;
        }
    }

    private final Path outputSocket;
    private final ServerSocketChannel outputs;
    private final Map<String, ForkedChild> children = new ConcurrentHashMap<>();
    private final Map<String, CompletableFuture<ChildProcess>> launches = new ConcurrentHashMap<>();
    private final AtomicLong numbers = new AtomicLong();
    private final ExecutorService writer = Executors.newSingleThreadExecutor(
            Thread.ofPlatform().daemon().name("quern-launcher-write").factory());
    private final CompletableFuture<Preloaded> preloaded = new CompletableFuture<>();
    private final DoubleConsumer progress;
    private volatile long pid;
    private volatile Runnable end = () -> {};
    private volatile WritableByteChannel toLauncher;
    private volatile boolean gone;

    private ForkParent(Path folder, DoubleConsumer progress) throws IOException {
        this.progress = progress;
        this.outputSocket = folder.resolve("o");
        Files.deleteIfExists(outputSocket);
        this.outputs = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        outputs.bind(UnixDomainSocketAddress.of(outputSocket));
    }

    /**
     * Starts a fork server and has it load everything.
     *
     * @param folder a private one, for its sockets
     * @param what it is to load
     * @param progress is told the share that is loaded, on a thread of the server's
     * @param more arguments of the launcher's
     * @throws IOException if its sockets cannot be made
     */
    static ForkParent server(
            ProcessStarter starter, Path program, Path folder, Preload what, DoubleConsumer progress, List<String> more)
            throws IOException {
        ForkParent server = new ForkParent(folder, progress);
        Path controlSocket = folder.resolve("c");
        Files.deleteIfExists(controlSocket);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(controlSocket));
        starter.start(() -> new ChildCommand(
                        "launcher",
                        commandLine(program, controlSocket, more),
                        Map.of(),
                        WorkerEnvironment.unwanted(),
                        null,
                        line -> LOG.debugf("launcher: %s", line)))
                .whenComplete((child, failure) -> {
                    if (failure != null) {
                        close(listener);
                        server.lost("it could not be started: " + failure.getMessage());
                    } else {
                        server.started(child, listener, controlSocket, what);
                    }
                });
        return server;
    }

    /**
     * The process whose child this engine is; has it load everything.
     *
     * @param folder a private one, for a socket
     * @param what it is to load
     * @param progress is told the share that is loaded, on a thread of the launcher's
     * @throws IOException if it does not answer, or the socket cannot be made
     */
    static ForkParent owner(Owner owner, Path folder, Preload what, DoubleConsumer progress) throws IOException {
        ForkParent parent = new ForkParent(folder, progress);
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
        Thread.ofPlatform().daemon().name("quern-launcher-read").start(() -> {
            try (from) {
                parent.converse(from, what);
                parent.lost("it closed its connection");
            } catch (IOException e) {
                parent.lost("its connection failed: " + e.getMessage());
            }
        });
        return parent;
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
    CompletionStage<Preloaded> preloaded() {
        return preloaded.minimalCompletionStage();
    }

    /** Whether it has ended, and with it every child. */
    boolean gone() {
        return gone;
    }

    /** Whether it has no children. */
    boolean idle() {
        return children.isEmpty();
    }

    /** Of the launcher's process, which is its children's parent; after {@link #preloaded}. */
    long pid() {
        return pid;
    }

    /**
     * Forks a worker.
     *
     * @param engineSocket where the engine listens: the launcher connects it
     * @return fails with {@link UnfitForkParentException} if this server must not fork any more, with {@link IOException} if it could
     *     not this time
     */
    CompletionStage<ChildProcess> fork(
            String name,
            String token,
            Path engineSocket,
            List<String> jvmOptions,
            List<String> arguments,
            List<String> environment,
            LaunchEvents events) {
        String id = name + "." + numbers.incrementAndGet();
        CompletableFuture<ChildProcess> launch = new CompletableFuture<>();
        // the pid is what the launcher takes signals by, and is there before anybody has the child
        ForkedChild[] itself = new ForkedChild[1];
        ForkedChild child = new ForkedChild(name, events::output, signal -> signal(itself[0], signal));
        itself[0] = child;
        children.put(id, child);
        launches.put(id, launch);
        ControlMessage message;
        try {
            message = ControlMessage.of("fork", id, token, engineSocket.toString(), outputSocket.toString())
                    .with(jvmOptions)
                    .with(arguments)
                    .with(environment);
            send(message);
        } catch (IllegalArgumentException e) {
            refused(id, new IOException(e.getMessage(), e));
        }
        if (gone) {
            refused(id, new IOException("the launcher has ended"));
        }
        return launch;
    }

    /** Ends all its children, and itself unless it is the engine's own parent. */
    @Override
    public void close() {
        children.values().forEach(ForkedChild::kill);
        // before the connection goes, which its reader would take for a loss and clean up after, behind our back
        lost("it was told to end");
        end.run();
    }

    private void started(ChildProcess child, ServerSocketChannel listener, Path controlSocket, Preload what) {
        pid = child.pid();
        end = child::kill;
        // a launcher that dies before it connects would leave us waiting for it
        child.exited().thenAccept(exit -> {
            close(listener);
            lost("it ended by " + exit
                    + (child.lastOutput().isEmpty()
                            ? ""
                            : ": " + child.lastOutput().getLast()));
        });
        if (gone) {
            child.kill();
            return;
        }
        Thread.ofPlatform().daemon().name("quern-launcher-read").start(() -> {
            try (listener;
                    SocketChannel connection = listener.accept()) {
                Files.deleteIfExists(controlSocket);
                toLauncher = connection;
                converse(connection, what);
            } catch (IOException e) {
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
        Thread.ofPlatform().daemon().name("quern-launcher-output").start(this::takeOutputs);
        send(what.message());
        InputStream in = new BufferedInputStream(Channels.newInputStream(from));
        for (ControlMessage message = ControlMessage.read(in); message != null; message = ControlMessage.read(in)) {
            take(message);
        }
    }

    private static Path libjvm() {
        return Path.of(System.getProperty("java.home"), "lib", "server", "libjvm.so");
    }

    private void take(ControlMessage message) throws IOException {
        switch (message.verb()) {
            case "progress" -> progress.accept(Double.parseDouble(message.field(1)));
            case "preloaded" -> preloaded.complete(Preloaded.of(message));
            case "broken" -> preloaded.completeExceptionally(new UnfitForkParentException(message.field(1)));
            case "forked" -> forked(message.field(1), message.number(2));
            case "refused" -> {
                String cause = message.field(3);
                refused(
                        message.field(1),
                        message.field(2).equals("poisoned")
                                ? new UnfitForkParentException(cause)
                                : new IOException("the launcher could not fork: " + cause));
            }
            case "exited" ->
                exited(message.number(1), (int) message.number(2), (int) message.number(3), message.number(4));
            default -> throw new IOException("the launcher said something unknown: " + message.verb());
        }
    }

    private void forked(String id, long pid) {
        ForkedChild child = children.get(id);
        CompletableFuture<ChildProcess> launch = launches.remove(id);
        if (child != null && launch != null) {
            child.forked(pid);
            launch.complete(child);
        }
    }

    private void refused(String id, IOException why) {
        children.remove(id);
        CompletableFuture<ChildProcess> launch = launches.remove(id);
        if (launch != null) {
            launch.completeExceptionally(why);
        }
    }

    private void exited(long pid, int code, int signal, long peakKibibytes) {
        for (Map.Entry<String, ForkedChild> entry : children.entrySet()) {
            if (entry.getValue().pid() == pid) {
                // first: who hears of the end may look whether any are left
                children.remove(entry.getKey());
                entry.getValue()
                        .ended(
                                signal != 0 ? new ExitStatus.Signaled(signal) : new ExitStatus.Exited(code),
                                peakKibibytes << 10);
            }
        }
    }

    /** Each child connects, says who it is in one line, and writes. */
    private void takeOutputs() {
        while (!gone) {
            try {
                InputStream stream = Channels.newInputStream(outputs.accept());
                ForkedChild child = children.get(firstLine(stream));
                if (child == null) {
                    stream.close();
                } else {
                    child.readOutput(stream);
                }
            } catch (IOException e) {
                if (!outputs.isOpen()) {
                    return;
                }
                LOG.debugf("a worker's output: %s", e.getMessage());
            }
        }
    }

    /** Byte by byte: what follows is the child's own. */
    private static String firstLine(InputStream stream) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = stream.read(); c >= 0 && c != '\n' && line.length() < MAX_ID_BYTES; c = stream.read()) {
            line.append((char) c);
        }
        return line.toString();
    }

    private void signal(ForkedChild child, int number) {
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
        launches.keySet().forEach(id -> refused(id, why));
        // the kernel kills them with their parent
        children.values().forEach(child -> child.ended(new ExitStatus.Signaled(SIGKILL), 0));
        children.clear();
        close(outputs);
        // what is still to be written, signals to children among it, is
        writer.execute(() -> {
            WritableByteChannel open = toLauncher;
            if (open != null) {
                close(open);
            }
        });
        writer.shutdown();
        deleteQuietly(outputSocket);
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
