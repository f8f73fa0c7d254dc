package io.quern.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A service under test: a process on a port of 127.0.0.1. */
public final class Service implements AutoCloseable {
    private static final Duration BOOT = Duration.ofSeconds(120);

    /** How long a service may take to end after SIGTERM, and how long after SIGKILL. */
    private static final Duration STOP = Duration.ofSeconds(20);

    private static final Duration KILL = Duration.ofSeconds(10);

    private static final Pattern LISTENING = Pattern.compile("Listening on: http://127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern MANAGEMENT =
            Pattern.compile("Management interface listening on http://127\\.0\\.0\\.1:(\\d+)");

    /** How to start a service. */
    public interface Kind {
        String title();

        /**
         * Returns the command and environment of a service with {@code slots} sequences of {@code context} tokens each.
         */
        ProcessBuilder command(Path model, int slots, int context, int port);

        /** Returns how long it may take until the first answer. */
        default Duration patience() {
            return BOOT;
        }
    }

    /** The packaged engine with slots, context and threads of the benchmark's choice. */
    public record Quern(Path jar, Path home) implements Kind {
        @Override
        public String title() {
            return "Quern";
        }

        @Override
        public ProcessBuilder command(Path model, int slots, int context, int port) {
            String java =
                    Path.of(System.getProperty("java.home"), "bin", "java").toString();
            ProcessBuilder builder = engine(List.of(java, "-jar", jar.toString()), home, model, port);
            builder.environment()
                    .putAll(Map.of(
                            "QUERN_WORKER_SLOTS", Integer.toString(slots),
                            "QUERN_WORKER_CONTEXT_LENGTH", Integer.toString(context),
                            "QUERN_WORKER_THREADS", Integer.toString(Machine.threads()),
                            "QUERN_ADMISSION_QUEUE_SIZE", "1024"));
            return builder;
        }

        /**
         * Returns the command and environment of an engine with default settings, which is reached on this machine
         * only.
         *
         * @param command starts the engine; callers may add to it
         */
        static ProcessBuilder engine(List<String> command, Path home, Path model, int port) {
            ProcessBuilder builder = new ProcessBuilder(new ArrayList<>(command));
            Map<String, String> environment = builder.environment();
            environment.keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
            // an idle engine would measure its model while another service is measured
            environment.put("QUERN_CALIBRATION_ENABLED", "false");
            environment.putAll(Map.of(
                    "QUERN_HOME", home.toString(),
                    "QUARKUS_HTTP_HOST", "127.0.0.1",
                    "QUARKUS_MANAGEMENT_HOST", "127.0.0.1",
                    "QUARKUS_MANAGEMENT_PORT", "0",
                    "QUARKUS_HTTP_PORT", Integer.toString(port)));
            if (model != null) {
                environment.put("QUERN_MODEL", model.toString());
            }
            return builder;
        }
    }

    /**
     * llama.cpp's own server with its defaults, except for slots, context and threads, which are those of Quern.
     *
     * @param threads number of inference threads, or 0 for its own default
     */
    public record LlamaServer(Path executable, int threads) implements Kind {
        @Override
        public String title() {
            return "llama-server";
        }

        @Override
        public ProcessBuilder command(Path model, int slots, int context, int port) {
            List<String> command = new ArrayList<>(List.of(
                    executable.toString(),
                    "--model",
                    model.toString(),
                    "--host",
                    "127.0.0.1",
                    "--port",
                    Integer.toString(port),
                    "--parallel",
                    Integer.toString(slots),
                    "--ctx-size",
                    Integer.toString(slots * context)));
            if (threads > 0) {
                String number = Integer.toString(threads);
                command.addAll(List.of("--threads", number, "--threads-batch", number));
            }
            return new ProcessBuilder(command);
        }
    }

    private final Kind kind;
    private final Process process;
    private final Path log;
    private volatile int port;
    private final long started;

    private Service(Kind kind, Process process, Path log, int port, long started) {
        this.kind = kind;
        this.process = process;
        this.log = log;
        this.port = port;
        this.started = started;
    }

    /** Starts a service on a free port and does not wait for it. */
    public static Service launch(Kind kind, Path model, int slots, int context) {
        return launch(kind, model, slots, context, freePort());
    }

    /**
     * Starts a service on this port and does not wait for it. With port 0 it chooses a port and logs it, as an engine
     * does.
     */
    public static Service launch(Kind kind, Path model, int slots, int context, int port) {
        try {
            Path log = Files.createTempFile("quern-bench-", ".log");
            ProcessBuilder builder = kind.command(model, slots, context, port)
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile());
            long now = System.nanoTime();
            Process process = builder.start();
            // A benchmark that fails or is interrupted must leave nothing running.
            Runtime.getRuntime().addShutdownHook(new Thread(process::destroy));
            return new Service(kind, process, log, port, now);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns a port of 127.0.0.1 that is free at this moment. */
    public static int freePort() {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts a service and waits until it has answered a request, so that nothing is cold. */
    static Service start(Kind kind, Path model, int slots, int context) {
        Service service = launch(kind, model, slots, context);
        service.firstToken(Duration.ofMillis(50));
        return service;
    }

    /**
     * Sends requests until one is answered, and returns the time from the start of the service to the first token of
     * that answer.
     */
    public Duration firstToken(Duration pause) {
        Question question = new Question("Say hello.", 4);
        while (System.nanoTime() - started < kind.patience().toNanos()) {
            if (!process.isAlive()) {
                throw new IllegalStateException(
                        "the service ended with exit code " + process.exitValue() + "; its log: " + logEnd());
            }
            try {
                Answer answer = question.send(this);
                return Duration.ofNanos(answer.firstToken() - started);
            } catch (IOException notYet) {
                pause(pause);
            }
        }
        throw new IllegalStateException("no answer within " + kind.patience() + "; its log: " + logEnd());
    }

    /**
     * Returns the address of a path of the API.
     *
     * @throws UncheckedIOException if the service chooses its port and does not listen yet
     */
    public URI uri(String path) {
        return URI.create("http://127.0.0.1:" + port() + path);
    }

    /**
     * Returns the address of a path for operators: on the management port, or on the port of the API if there is no
     * management port.
     *
     * @throws UncheckedIOException if the service does not listen yet
     */
    public URI management(String path) {
        try {
            String written = Files.readString(log);
            if (!LISTENING.matcher(written).find()) {
                throw new IOException("the service does not listen yet");
            }
            Matcher line = MANAGEMENT.matcher(written);
            return line.find() ? URI.create("http://127.0.0.1:" + line.group(1) + path) : uri(path);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /**
     * Returns the port of the API.
     *
     * @throws UncheckedIOException if the service chooses its port and does not listen yet
     */
    public int port() {
        if (port == 0) {
            try {
                Matcher line = LISTENING.matcher(Files.readString(log));
                if (!line.find()) {
                    throw new IOException("the service does not listen yet");
                }
                port = Integer.parseInt(line.group(1));
            } catch (IOException e) {
                throw new UncheckedIOException(e);
            }
        }
        return port;
    }

    /** Returns the process that was started: the launcher if it is the parent of the engine. */
    public Process process() {
        return process;
    }

    /** Returns the process that was started, then its descendants. */
    public List<ProcessHandle> processes() {
        List<ProcessHandle> all = new ArrayList<>(List.of(process.toHandle()));
        process.toHandle().descendants().forEach(all::add);
        return all;
    }

    String title() {
        return kind.title();
    }

    public Path log() {
        return log;
    }

    public String logEnd() {
        try {
            List<String> lines = Files.readAllLines(log);
            return String.join("\n", lines.subList(Math.max(0, lines.size() - 20), lines.size()));
        } catch (IOException e) {
            return e.toString();
        }
    }

    @Override
    public void close() {
        try {
            close(null);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /**
     * Stops the service, and kills it if it does not end.
     *
     * @param kept the file that receives its log, or null
     * @throws IllegalStateException if it does not end even then
     */
    public void close(Path kept) throws InterruptedException {
        process.destroy();
        try {
            boolean ended = process.waitFor(STOP) || process.destroyForcibly().waitFor(KILL);
            if (kept != null) {
                Files.copy(log, kept, StandardCopyOption.REPLACE_EXISTING);
            }
            Files.delete(log);
            if (!ended) {
                throw new IllegalStateException(
                        "process %d of %s has not ended within %s of SIGKILL".formatted(process.pid(), title(), KILL));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public static void pause(Duration time) {
        try {
            Thread.sleep(time);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }
}
