package io.quern.bench;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A packaged engine with the settings of a benchmark, on free ports of this machine. It ends with this JVM. */
public final class PackagedEngine implements AutoCloseable {
    private static final Duration POLL = Duration.ofMillis(25);
    private static final Duration END = Duration.ofSeconds(20);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
    private final int port = Service.freePort();
    private final int management = Service.freePort();
    private final Duration patience;
    private final Path log;
    private final Process process;

    /** A condition on the engine, which may not answer yet. */
    public interface Condition {
        boolean holds() throws IOException, InterruptedException;
    }

    /**
     * Starts an engine and does not wait for it.
     *
     * @param jar {@code quarkus-run.jar}
     * @param home a folder for its home and its log
     * @param settings keys and values
     * @param patience how long it may take to fulfil a condition or to answer
     */
    public PackagedEngine(Path jar, Path home, Map<String, String> settings, Duration patience) throws IOException {
        this.patience = patience;
        log = home.resolve("engine.log");
        List<String> command = new ArrayList<>(
                List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
        settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
        command.addAll(List.of(
                "-Dquarkus.http.port=" + port, "-Dquarkus.management.port=" + management, "-jar", jar.toString()));
        ProcessBuilder builder =
                new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.environment().keySet().removeIf(name -> name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
        // an idle engine would measure its model, beside what is measured here
        builder.environment().put("QUERN_CALIBRATION_ENABLED", "false");
        builder.environment().put("QUERN_HOME", home.resolve("quern").toString());
        process = builder.start();
        Runtime.getRuntime().addShutdownHook(new Thread(process::destroyForcibly));
    }

    /** Waits until it serves. */
    public void awaitReady() throws IOException, InterruptedException {
        await(() -> get("/q/health/ready").statusCode() == 200);
    }

    /** Waits until a condition holds; an engine that cannot be reached does not fulfil it. */
    public void await(Condition condition) throws IOException, InterruptedException {
        long until = System.nanoTime() + patience.toNanos();
        while (!holds(condition)) {
            if (!process.isAlive() || System.nanoTime() > until) {
                throw new IllegalStateException("the engine does not serve; its log: " + Files.readString(log));
            }
            Thread.sleep(POLL);
        }
    }

    private static boolean holds(Condition condition) throws InterruptedException {
        try {
            return condition.holds();
        } catch (IOException notYet) {
            return false;
        }
    }

    /** Returns the address of a path of the API. */
    public URI api(String path) {
        return URI.create("http://127.0.0.1:" + port + path);
    }

    /** Gets a path from the management port. */
    public HttpResponse<String> get(String path) throws IOException, InterruptedException {
        return http.send(
                HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + management + path))
                        .timeout(patience)
                        .build(),
                HttpResponse.BodyHandlers.ofString());
    }

    /** Returns the view of the pool for operators. */
    public JsonNode pool() throws IOException, InterruptedException {
        return JSON.readTree(get("/q/quern/pool").body());
    }

    @Override
    public void close() throws InterruptedException {
        process.destroy();
        if (!process.waitFor(END.toSeconds(), TimeUnit.SECONDS)) {
            process.destroyForcibly();
        }
    }
}
