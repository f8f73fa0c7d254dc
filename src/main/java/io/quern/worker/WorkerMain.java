package io.quern.worker;

import io.quern.llama.LogLevel;
import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.Guards;
import io.quern.wire.Protocol;
import io.quern.wire.WorkerFrame;
import io.quern.wire.WorkerSettings;
import io.quern.worker.WorkerArguments.Serve;
import io.quern.worker.WorkerArguments.Train;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.OptionalLong;
import java.util.function.IntSupplier;
import sun.misc.Signal;
import sun.misc.SignalHandler;

/**
 * The main of a worker process. {@link WorkerArguments} describes its arguments. The one-time token is the first line
 * on stdin, or a variable if the worker is forked. Everything else comes by its connection.
 */
public final class WorkerMain {
    /** The command line is wrong; the code is that of sysexits.h. */
    static final int EXIT_USAGE = 64;
    /**
     * The model, the native libraries or the NUMA node cannot be used. The reason was sent to the engine or is on
     * stderr.
     */
    static final int EXIT_CANNOT_SERVE = 65;
    /** The engine is gone, or could not be reached. */
    static final int EXIT_LOST = 70;

    private static final long STACK_BYTES = 8L << 20;
    private static final int MAX_TOKEN_BYTES = 1024;

    /** The same as in src/main/c/child.c. */
    private static final String TOKEN_VARIABLE = "QUERN_WORKER_TOKEN";

    private WorkerMain() {}

    public static void main(String[] arguments) throws InterruptedException {
        ignoreSignalsToAll();
        // uses its own thread: a JVM created through JNI runs main on the process's first thread, whose stack may be
        // tiny
        int[] exit = {EXIT_LOST};
        // the signal belongs to the thread that requested it: in a forked worker this one, which lives as long as the
        // process
        int firstThreadsSignal = List.of(arguments).contains("--forked") ? ParentDeath.signal() : 0;
        Thread thread = new Thread(null, () -> exit[0] = run(arguments, firstThreadsSignal), "worker", STACK_BYTES);
        thread.start();
        thread.join();
        System.exit(exit[0]);
    }

    /**
     * Ignores a terminal's Ctrl-C and systemd's SIGTERM. They reach every process but are meant for the engine, which
     * stops its workers by their connection. They are already ignored if the launcher or a shell has started this
     * process.
     */
    public static void ignoreSignalsToAll() {
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
            if (!arguments.forked() && !tiedToParent(arguments)) {
                return EXIT_LOST;
            }
            token = arguments.run() instanceof Serve ? token(arguments.forked()) : "";
        } catch (IllegalArgumentException | IOException e) {
            complain(e.getMessage());
            return EXIT_USAGE;
        }
        var log = new WorkerLog(System.err, arguments.verbose() ? LogLevel.DEBUG : LogLevel.WARN);
        try {
            // no pattern switch, since the JVM would link it at every start
            if (arguments.run() instanceof Serve serve) {
                IntSupplier signal = serve.forked() ? () -> firstThreadsSignal : ParentDeath::signal;
                return serve(serve, token, log, new OwnProcess(arguments.parent(), signal));
            }
            if (arguments.run() instanceof WorkerArguments.Measure measure) {
                return SpeedTrial.run(measure, log);
            }
            return Training.run((Train) arguments.run(), log);
        } catch (IOException e) {
            complain(e.getMessage());
            return EXIT_LOST;
        } catch (InterruptedException e) {
            return EXIT_LOST;
        }
    }

    /**
     * Installs the guards before anything else, in case the engine dies while this worker starts.
     *
     * @return false if the engine has already ended
     */
    private static boolean tiedToParent(WorkerArguments arguments) {
        ParentDeath.kills();
        if (arguments.parent().isEmpty()) {
            return true;
        }
        long parent = arguments.parent().getAsLong();
        boolean training = arguments.run() instanceof Train;
        if (!ParentDeath.parentIs(parent)) {
            complain("the parent process " + parent + " is gone");
            if (training) {
                ParentDeath.endNow();
            }
            return false;
        }
        if (training) {
            ParentDeath.killsChildrenToo(parent);
        }
        return true;
    }

    private static int serve(Serve serve, String token, WorkerLog log, SessionHost process)
            throws IOException, InterruptedException {
        try (FrameConnection<EngineFrame, WorkerFrame> engine = serve.forked()
                ? new FrameConnection<>(
                        DescriptorChannel.standardInput(), EngineFrame.parser(), Protocol.FIRST_FRAME_BYTES)
                : FrameConnection.connect(serve.socket(), EngineFrame.parser(), Protocol.FIRST_FRAME_BYTES)) {
            // a later connection uses the limit from the settings
            EngineLine line = new EngineLine(
                    engine,
                    () -> FrameConnection.connect(serve.socket(), EngineFrame.parser(), engine.maxFrameBytes()));
            return exitCode(new WorkerSession(line, serve.worker(), token, log, process).run());
        }
    }

    /**
     * The host for a worker process.
     *
     * @param signal the result of {@link ParentDeath#signal} on the thread that has requested it
     */
    private record OwnProcess(OptionalLong parent, IntSupplier signal) implements SessionHost {
        @Override
        public void prepare(WorkerSettings settings) throws NumaBinding.ImpossibleException, IOException {
            WorkerSettings.Computation computation = settings.getComputation();
            if (computation.hasNumaNode()) {
                NumaBinding.bind(computation.getNumaNode());
            }
            if (settings.getSeal()) {
                Seal.apply();
            }
        }

        @Override
        public void lost() {
            // halt instead of exit, which could wait for a decode
            Runtime.getRuntime().halt(EXIT_LOST);
        }

        @Override
        public Guards guards() {
            return ParentDeath.look(parent, signal.getAsInt());
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
                            ? "no token in " + TOKEN_VARIABLE + "; only the launcher can start a forked worker"
                            : "no token on stdin; only the engine can start a worker");
        }
        return token;
    }

    /** Reads single bytes, since a reader would consume more than the line. */
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
