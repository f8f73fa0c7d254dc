package io.quern.fork;

import io.quern.process.ChildCommand;
import io.quern.process.ChildProcess;
import io.quern.process.LastWords;
import io.quern.process.ProcessStarter;
import io.quern.threads.EngineThreads;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.channels.WritableByteChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import java.util.function.DoubleConsumer;
import java.util.regex.Pattern;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * A launcher that the engine has started. It forks workers and ends with this object. If it does not answer in time,
 * the engine kills it, and its workers end with it.
 */
public final class ForkServer extends LauncherProcess {
    private static final Logger LOG = Logger.getLogger(ForkServer.class);

    /**
     * Matches the JDK's messages for EAGAIN and ENOMEM when a process cannot be created, and the message of a starter
     * that is shutting down.
     */
    private static final Pattern SHORTAGE = Pattern.compile("error[=:] ?1[12]\\b|starts no more processes");

    /**
     * Describes how to start a fork server.
     *
     * @param program the launcher
     * @param withoutEnvironment names of the engine's variables to withhold from it
     * @param more further arguments of the launcher
     */
    public record Command(Path program, Set<String> withoutEnvironment, List<String> more) {
        private ChildCommand of(Path controlSocket) {
            List<String> line = new ArrayList<>();
            line.add(program.toString());
            line.add("--control=" + controlSocket);
            line.add("--parent=" + ProcessHandle.current().pid());
            line.addAll(more);
            return new ChildCommand("launcher", line, Map.of(), withoutEnvironment, null, ForkServer::log);
        }
    }

    private volatile @Nullable ChildProcess process;

    private ForkServer(
            Path folder,
            Patience patience,
            boolean loading,
            DoubleConsumer progress,
            AtomicReference<Consumer<List<String>>> messages)
            throws IOException {
        super(folder, patience, loading, progress, messages);
    }

    /**
     * Starts a fork server and makes it load everything.
     *
     * @param folder a private folder for its sockets
     * @param what what to load
     * @param patience longest time without an answer
     * @param progress receives the loaded share (0 to 1) on a thread of this object
     * @throws IOException if its sockets cannot be made
     */
    public static ForkServer start(
            ProcessStarter starter,
            Command command,
            Path folder,
            Preload what,
            Patience patience,
            DoubleConsumer progress)
            throws IOException {
        ForkServer server = new ForkServer(folder, patience, true, progress, new AtomicReference<>());
        Path controlSocket = folder.resolve("c");
        Files.deleteIfExists(controlSocket);
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listener.bind(UnixDomainSocketAddress.of(controlSocket));
        starter.start(() -> command.of(controlSocket)).whenComplete((child, failure) -> {
            if (failure != null) {
                close(listener);
                server.preloaded.completeExceptionally(notStarted(failure));
                server.lost("it could not be started: " + failure.getMessage());
            } else {
                server.started(child, listener, controlSocket, what);
            }
        });
        server.watch();
        return server;
    }

    /** Takes over a fork server from an earlier application in this JVM. */
    @SuppressWarnings("unchecked")
    public static ForkServer takeOver(ProcessStarter starter, Map<String, Object> parts, Patience patience)
            throws IOException {
        AtomicReference<Consumer<List<String>>> messages =
                (AtomicReference<Consumer<List<String>>>) part(parts, "messages");
        ForkServer server = new ForkServer((Path) part(parts, "folder"), patience, false, share -> {}, messages);
        server.writer.open((WritableByteChannel) part(parts, "connection"));
        server.hear((List<String>) part(parts, "loaded"));
        server.owns(starter.takeUp((Map<String, Object>) part(parts, "process"), ForkServer::log));
        server.outputs.take();
        server.watch();
        return server;
    }

    private static Object part(Map<String, Object> parts, String name) {
        return Objects.requireNonNull(parts.get(name), name);
    }

    /** Returns false while it loads. */
    @Override
    public synchronized boolean handsOver() {
        return !gone() && process != null && loaded() != null;
    }

    @Override
    public Optional<Map<String, Object>> handOver() {
        ChildProcess running;
        synchronized (this) {
            running = process;
            if (running == null || !handsOver()) {
                return Optional.empty();
            }
            leave();
        }
        messages.set(fields -> {});
        children.clear();
        outputs.close();
        writer.stop();
        return Optional.of(Map.of(
                "folder", outputs.socket().getParent(),
                "process", running.handOver(),
                "connection", writer.connection(),
                "messages", messages,
                "loaded", loaded()));
    }

    @Override
    void end() {
        ChildProcess running = process;
        if (running != null) {
            running.kill();
        }
    }

    /**
     * Kills it, and its workers end with it. If even SIGKILL does not end it, gives it up and kills its workers one by
     * one.
     */
    @Override
    void hangs(boolean first, Duration silent) {
        if (first) {
            end();
        }
        if (silent.compareTo(patience.progress().plus(patience.answer())) > 0) {
            children.killDirectly();
            lost(hanging() + ", and could not be killed");
        }
    }

    @Override
    String remedy() {
        return "The engine kills the launcher with its workers and starts new ones.";
    }

    /** A shortage of processes or memory may pass; every other failure is permanent. */
    private static IOException notStarted(Throwable failure) {
        String how = "it could not be started: " + failure.getMessage();
        return failure instanceof IOException && !SHORTAGE.matcher(how).find()
                ? new UnfitLauncherException(how)
                : new IOException("the launcher has ended: " + how, failure);
    }

    private void started(ChildProcess child, ServerSocketChannel listener, Path controlSocket, Preload what) {
        // without this, a launcher that dies before it connects would block us
        child.exited().thenAccept(exit -> close(listener));
        owns(child);
        if (gone()) {
            child.kill();
            return;
        }
        EngineThreads.daemon("quern-launcher-read").start(() -> {
            try (listener;
                    SocketChannel connection = listener.accept()) {
                Files.deleteIfExists(controlSocket);
                writer.open(connection);
                converse(connection, what);
            } catch (IOException | UncheckedIOException e) {
                LOG.debugf("The launcher's connection failed: %s", e.getMessage());
            } finally {
                deleteQuietly(controlSocket);
                // its exit follows and says more than the end of the stream
                child.kill();
            }
        });
    }

    private void owns(ChildProcess child) {
        process = child;
        runsAs(child.pid());
        child.exited()
                .thenAccept(exit -> lost((hanging() == null ? "" : hanging() + ", and was killed: ") + "it ended with "
                        + exit
                        + LastWords.of(child.lastOutput())
                                .map(line -> ": " + line)
                                .orElse("")));
    }

    private static void log(String line) {
        LOG.debugf("launcher: %s", line);
    }

    private static void deleteQuietly(Path file) {
        try {
            Files.deleteIfExists(file);
        } catch (IOException e) {
            LOG.debugf("A file cannot be deleted: %s", e.getMessage());
        }
    }
}
