package io.quern.worker;

import io.quern.llama.LogLevel;
import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.WorkerFrame;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/** The worker process. Its arguments are {@link WorkerArguments}; the one-time token is the first line on stdin, or a variable if it is forked. */
public final class WorkerMain {
    /** As in sysexits.h: the command was used wrongly. */
    static final int EXIT_USAGE = 64;
    /** The model, the native libraries or the NUMA node cannot be used; the engine was told, or reads why on stderr. */
    static final int EXIT_CANNOT_SERVE = 65;
    /** The engine is gone, or could not be reached. */
    static final int EXIT_LOST = 70;

    private static final long STACK_BYTES = 8L << 20;
    private static final int MAX_TOKEN_BYTES = 1024;

    /** As src/main/c/child.c has it. */
    private static final String TOKEN_VARIABLE = "QUERN_WORKER_TOKEN";

    private WorkerMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        ignoreSignalsToAll();
        // a thread of our own: a JVM that is made through JNI runs main on the process's first thread, whose stack may
        // be tiny
        int[] exit = {EXIT_LOST};
        // the signal hangs on the thread that asked for it, in a forked worker on this one, which lives as long as the
        // process
        int firstThreadsSignal = List.of(arguments).contains("--forked") ? ParentDeath.signal() : 0;
        Thread thread = new Thread(null, () -> exit[0] = run(arguments, firstThreadsSignal), "worker", STACK_BYTES);
        thread.start();
        thread.join();
        System.exit(exit[0]);
    }

    /**
     * A terminal's Ctrl-C and systemd's SIGTERM reach every process, but concern the engine alone: it tells its workers by their
     * connection. They are ignored already if the launcher or a shell has started this process.
     */
    private static void ignoreSignalsToAll() {
        for (String name : new String[] {"TERM", "INT", "HUP"}) {
            try {
                Signal.handle(new Signal(name), SignalHandler.SIG_IGN);
            } catch (IllegalArgumentException e) {
                // Windows has no SIGHUP; a JVM with -Xrs has none of them
            }
        }
    }

    private static int run(String[] command, int firstThreadsSignal) {
        WorkerArguments arguments;
        String token;
        try {
            arguments = WorkerArguments.parse(command);
            // before anything else: an engine that dies while this worker starts must not leave it behind
            if (!arguments.forked()) {
                ParentDeath.kills();
                if (arguments.parent() != 0 && !ParentDeath.parentIs(arguments.parent())) {
                    complain("the parent process " + arguments.parent() + " is gone");
                    if (arguments.train()) {
                        ParentDeath.endNow();
                    }
                    return EXIT_LOST;
                }
                if (arguments.train() && arguments.parent() != 0) {
                    ParentDeath.killsChildrenToo(arguments.parent());
                }
            }
            if (arguments.numaNode().isPresent()) {
                // before the token, as before all else that takes memory
                NumaBinding.bind(arguments.numaNode().getAsInt());
            }
            token = arguments.train() ? "" : token(arguments.forked());
        } catch (IllegalArgumentException | IOException e) {
            complain(e.getMessage());
            return EXIT_USAGE;
        } catch (NumaBinding.ImpossibleException e) {
            complain(e.getMessage());
            return EXIT_CANNOT_SERVE;
        }
        var log = new WorkerLog(System.err, arguments.verbose() ? LogLevel.DEBUG : LogLevel.WARN);
        try {
            return arguments.train()
                    ? Training.run(arguments.session(), log)
                    : serve(arguments, token, log, firstThreadsSignal);
        } catch (IOException e) {
            complain(e.getMessage());
            return EXIT_LOST;
        } catch (InterruptedException e) {
            return EXIT_LOST;
        }
    }

    private static int serve(WorkerArguments arguments, String token, WorkerLog log, int firstThreadsSignal)
            throws IOException, InterruptedException {
        try (FrameConnection<EngineFrame, WorkerFrame> engine = arguments.forked()
                ? new FrameConnection<>(
                        DescriptorChannel.standardInput(), EngineFrame.parser(), arguments.maxFrameBytes())
                : FrameConnection.connect(arguments.socket(), EngineFrame.parser(), arguments.maxFrameBytes())) {
            if (arguments.sealed()) {
                Seal.apply();
            }
            EngineLine line = new EngineLine(
                    engine,
                    () -> FrameConnection.connect(arguments.socket(), EngineFrame.parser(), arguments.maxFrameBytes()));
            // halt, not exit: nobody waits for this process any more, and exit could wait for a decode
            var session = new WorkerSession(
                    line,
                    arguments.session(),
                    token,
                    log,
                    () -> Runtime.getRuntime().halt(EXIT_LOST),
                    () -> ParentDeath.look(
                            arguments.parent(), arguments.forked() ? firstThreadsSignal : ParentDeath.signal()));
            return exitCode(session.run());
        }
    }

    static int exitCode(SessionEnd end) {
        return switch (end) {
            case STOPPED -> 0;
            case FAILED -> EXIT_CANNOT_SERVE;
            case LOST -> EXIT_LOST;
        };
    }

    private static String token(boolean forked) throws IOException {
        String token = forked ? System.getenv(TOKEN_VARIABLE) : readToken();
        if (token == null || token.isEmpty()) {
            throw new IllegalArgumentException(
                    forked
                            ? "no token in " + TOKEN_VARIABLE + ": this is started by the launcher, not by hand"
                            : "no token on stdin: this is started by the engine, not by hand");
        }
        return token;
    }

    /** Byte by byte: a reader would take more off the pipe than the line. */
    private static String readToken() throws IOException {
        byte[] line = new byte[MAX_TOKEN_BYTES];
        int length = 0;
        for (int next = System.in.read(); next >= 0 && next != '\n'; next = System.in.read()) {
            if (length == line.length) {
                throw new IllegalArgumentException("the token on stdin is longer than " + MAX_TOKEN_BYTES + " bytes");
            }
            line[length++] = (byte) next;
        }
        return new String(line, 0, length, StandardCharsets.UTF_8).strip();
    }

    private static void complain(String message) {
        new WorkerLog(System.err, LogLevel.ERROR).worker(LogLevel.ERROR, message);
    }
}
