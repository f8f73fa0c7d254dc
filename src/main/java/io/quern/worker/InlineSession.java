package io.quern.worker;

import io.quern.llama.LogLevel;
import io.quern.socket.FrameConnection;
import io.quern.wire.EngineFrame;
import io.quern.wire.Protocol;
import io.quern.wire.WorkerFrame;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.channels.ByteChannel;
import java.nio.charset.StandardCharsets;
import java.util.function.Consumer;

/** Runs a worker without its own process: the same session as in {@link WorkerMain}, in a thread of the engine. */
public final class InlineSession {
    private InlineSession() {}

    /**
     * Runs until the session ends. If the connection ends without a Stop, it ends after the current step.
     *
     * @param id the worker's id in the engine's pool
     * @param token proves to the engine that this is the worker it started
     * @param channel the worker's end of the connection; closed at the end
     * @param output receives each line of the log, on any thread
     * @return the exit code that a process would have
     */
    public static int run(int id, String token, ByteChannel channel, Consumer<String> output)
            throws InterruptedException {
        var log = new WorkerLog(new PrintStream(new Lines(output), true, StandardCharsets.UTF_8), LogLevel.WARN);
        try (FrameConnection<EngineFrame, WorkerFrame> engine =
                new FrameConnection<>(channel, EngineFrame.parser(), Protocol.FIRST_FRAME_BYTES)) {
            return WorkerMain.exitCode(
                    new WorkerSession(new EngineLine(engine), id, token, log, SessionHost.THREAD).run());
        } catch (IOException e) {
            log.worker(LogLevel.DEBUG, "Cannot close the connection: " + e.getMessage());
            return WorkerMain.EXIT_LOST;
        }
    }

    /** Splits printed text into lines. {@link PrintStream} calls it under its own lock. */
    private static final class Lines extends OutputStream {
        private static final int MAX_LENGTH = 4000;

        private final Consumer<String> output;
        private final ByteArrayOutputStream line = new ByteArrayOutputStream();

        Lines(Consumer<String> output) {
            this.output = output;
        }

        @Override
        public void write(int b) {
            if (b == '\n') {
                output.accept(line.toString(StandardCharsets.UTF_8));
                line.reset();
            } else if (line.size() < MAX_LENGTH) {
                line.write(b);
            }
        }
    }
}
