package io.quern.engines;

import io.quern.files.PrivateFolder;
import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * An engine that this process has started for itself. It ends with this process, however that ends: this process holds
 * the other end of the engine's standard input, and the engine exits when that closes.
 */
public final class PrivateEngine implements AutoCloseable {
    /** How long the engine may take to end by itself. */
    private static final Duration PATIENCE = Duration.ofSeconds(5);

    private static final Duration POLL = Duration.ofMillis(50);
    private static final Duration ANSWER = Duration.ofSeconds(5);
    private static final int LAST_LINES = 12;

    /** Receives the state of a starting engine, as text for people, several times a second. */
    @FunctionalInterface
    public interface Progress {
        void at(String state);
    }

    /**
     * Describes the process.
     *
     * @param environment variables added to this process's own
     * @param without names of variables to remove
     * @param log receives what the engine writes; created for this user only
     */
    public record Start(List<String> command, Map<String, String> environment, Set<String> without, Path log) {}

    private final EngineRecords records;
    private final Process process;
    private final Path log;
    private final Thread atExit = new Thread(this::stop, "quern-private-engine-ends");

    private PrivateEngine(EngineRecords records, Process process, Path log) {
        this.records = records;
        this.process = process;
        this.log = log;
    }

    /** @throws IOException if the process cannot be started */
    public static PrivateEngine start(EngineRecords records, Start start) throws IOException {
        PrivateFolder.write(start.log(), "");
        ProcessBuilder builder = new ProcessBuilder(start.command())
                .redirectInput(Redirect.PIPE)
                .redirectErrorStream(true)
                .redirectOutput(Redirect.appendTo(start.log().toFile()));
        builder.environment().keySet().removeAll(start.without());
        builder.environment().putAll(start.environment());
        PrivateEngine engine = new PrivateEngine(records, builder.start(), start.log());
        // for signals; kill -9 closes the engine's standard input
        Runtime.getRuntime().addShutdownHook(engine.atExit);
        return engine;
    }

    public long pid() {
        return process.pid();
    }

    public Path log() {
        return log;
    }

    public boolean alive() {
        return process.isAlive();
    }

    /**
     * Waits until the engine accepts requests.
     *
     * @return its record
     * @throws IOException if it has ended; the message contains the end of its log
     */
    public EngineRecord awaitReady(Progress progress) throws IOException, InterruptedException {
        progress.at("starting");
        EngineRecord record = awaitRecord();
        URI management = record.management()
                .orElseThrow(() -> new IOException("This build has no management interface, so its engine cannot tell"
                        + " when it is ready. Start it by itself and use --url."));
        ManagementClient client = new ManagementClient(ANSWER, Optional.empty());
        if (!client.awaitReady(management, progress::at, process::isAlive)) {
            requireAlive();
            throw new IOException("The engine cannot serve:\n" + logEnd() + "\nIts whole log is " + log);
        }
        return record;
    }

    private EngineRecord awaitRecord() throws IOException, InterruptedException {
        while (true) {
            for (EngineRecord record : records.running()) {
                if (record.process().pid() == process.pid()) {
                    return record;
                }
            }
            requireAlive();
            pause();
        }
    }

    private static void pause() throws InterruptedException {
        Thread.sleep(POLL);
    }

    private void requireAlive() throws IOException {
        if (!process.isAlive()) {
            throw new IOException("The engine ended with exit code " + process.exitValue() + ":\n" + logEnd()
                    + "\nIts whole log is " + log);
        }
    }

    /** Returns the last lines of the engine's log, or of its error, without stack traces. */
    public String logEnd() {
        try {
            List<String> lines = new String(Files.readAllBytes(log), StandardCharsets.UTF_8)
                    .lines()
                    .filter(line -> !line.isBlank() && !line.startsWith("\tat "))
                    .toList();
            return String.join("\n", lines.subList(Math.max(0, lines.size() - LAST_LINES), lines.size()));
        } catch (IOException e) {
            return "(its log cannot be read: " + e.getMessage() + ")";
        }
    }

    /** Ends the engine and waits for its end, some seconds at most. */
    @Override
    public void close() {
        stop();
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // this process is ending
        }
    }

    private synchronized void stop() {
        if (!process.isAlive()) {
            return;
        }
        process.toHandle().destroy();
        try {
            if (!process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS)) {
                process.toHandle().destroyForcibly();
                process.waitFor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS);
            }
        } catch (InterruptedException e) {
            process.toHandle().destroyForcibly();
            Thread.currentThread().interrupt();
        }
    }

    /** Returns the exit code, or null while it runs. */
    public @Nullable Integer exitCode() {
        return process.isAlive() ? null : process.exitValue();
    }
}
