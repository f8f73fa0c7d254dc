package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A packaged application that contains the engine, Quern's own or another one. It runs in a process on a free port of
 * 127.0.0.1, and environment variables configure it.
 */
final class EngineProcess implements AutoCloseable {
    /** The thread in which Quarkus starts an application that it tests continuously. */
    private static final String TEST_THREAD = "(Test runner thread)";

    private static final Pattern LISTENING = Pattern.compile("Listening on: http://127\\.0\\.0\\.1:(\\d+)");
    private static final Pattern MANAGEMENT =
            Pattern.compile("Management interface listening on http://127\\.0\\.0\\.1:(\\d+)");

    /** Paths below /q that are for developers, and therefore on the API's port. */
    private static final Pattern ON_API_PORT = Pattern.compile("/q/(openapi|dev-ui|quern/faults|quern/dev-ui).*");

    private static final Duration BOOT = Duration.ofSeconds(180);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final Process process;
    private final List<String> log = new CopyOnWriteArrayList<>();
    private final CompletableFuture<Integer> port = new CompletableFuture<>();

    /** The same as {@link #port} if there is no management interface. */
    private volatile int managementPort;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    private EngineProcess(Process process) {
        this.process = process;
        Thread.ofPlatform().daemon().name("engine-log").start(this::readLog);
    }

    /** Starts Quern's own application without waiting for it. */
    static EngineProcess launch(Map<String, String> environment, String... jvmOptions) {
        return launch(List.of(), environment, true, jvmOptions);
    }

    /** @param prefix a prefix of the command, such as {@code quern-launcher --}, which is then {@link #process} */
    static EngineProcess launch(
            List<String> prefix, Map<String, String> environment, boolean inherit, String... jvmOptions) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(PackagedEngine.command(List.of(jvmOptions)));
        return run(command, undisturbed(environment), inherit);
    }

    /**
     * Starts an application on a JVM without waiting for it.
     *
     * @param application the folder with the packaged application
     * @param inherit whether it also inherits this process's environment
     * @param arguments arguments of its main
     */
    static EngineProcess launch(
            List<String> prefix,
            Path application,
            Map<String, String> environment,
            boolean inherit,
            List<String> jvmOptions,
            List<String> arguments) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(PackagedEngine.onJvm(application, jvmOptions));
        command.addAll(arguments);
        return run(command, environment, inherit);
    }

    /** Starts an engine with {@code bin/quern} and none of this process's environment. Does not wait. */
    static EngineProcess command(Path quern, Map<String, String> environment, String... arguments) {
        List<String> command = new ArrayList<>(List.of(quern.toString()));
        command.addAll(List.of(arguments));
        return run(command, undisturbed(environment), false);
    }

    /** Runs a command that starts with assignments of variables, as a user would paste it into a shell. */
    static EngineProcess paste(String command, Map<String, String> environment) {
        return run(List.of("/bin/sh", "-c", "exec env " + command), undisturbed(environment), true);
    }

    /** Adds that an idle engine measures nothing, unless a test wants it. Only Quern's own application has the key. */
    private static Map<String, String> undisturbed(Map<String, String> environment) {
        Map<String, String> variables = new HashMap<>(Map.of("QUERN_CALIBRATION_ENABLED", "false"));
        variables.putAll(environment);
        return variables;
    }

    /**
     * Starts an application in dev mode without waiting for it. {@link #process} is Maven.
     *
     * @param project the folder of the application
     * @param options further options of Maven
     */
    static EngineProcess develop(Path project, Map<String, String> environment, List<String> options) {
        List<String> command = new ArrayList<>(List.of(
                Path.of("mvnw").toAbsolutePath().toString(),
                "-B",
                "-ntp",
                "-f",
                project.resolve("pom.xml").toAbsolutePath().toString(),
                "quarkus:dev",
                "-Ddebug=false",
                "-Dquarkus.console.enabled=false",
                "-Dquarkus.analytics.disabled=true"));
        command.addAll(options);
        Map<String, String> variables = new HashMap<>(environment);
        variables.put("JAVA_HOME", System.getProperty("java.home"));
        return run(command, variables, true);
    }

    private static EngineProcess run(List<String> command, Map<String, String> environment, boolean inherit) {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment()
                .keySet()
                .removeIf(name -> !inherit || name.startsWith("QUERN_") || name.startsWith("QUARKUS_"));
        Map<String, String> variables = new HashMap<>();
        variables.put("QUARKUS_HTTP_HOST", "127.0.0.1");
        variables.put("QUARKUS_HTTP_PORT", "0");
        variables.put("QUARKUS_MANAGEMENT_HOST", "127.0.0.1");
        variables.put("QUARKUS_MANAGEMENT_PORT", "0");
        // by default their number depends on the machine, and tests kill or stop the worker that has their request
        variables.put("QUERN_POOL_WORKERS", "1");
        variables.putAll(environment);
        builder.environment().putAll(variables);
        try {
            return new EngineProcess(builder.start());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Starts Quern's own application and waits until it is ready. */
    static EngineProcess start(Map<String, String> environment) {
        EngineProcess engine = launch(environment);
        engine.awaitReady();
        return engine;
    }

    /** Returns the prefix that starts an engine with the launcher as its entry point. */
    static List<String> launcherPrefix() {
        return List.of(launcher().toString(), "--");
    }

    /** Returns whether this build has the launcher, which needs a C compiler. */
    static boolean hasLauncher() {
        return Files.isRegularFile(launcher());
    }

    private static Path launcher() {
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        return Path.of("target/classes/io/quern/fork/native/linux-" + arch + "/quern-launcher")
                .toAbsolutePath();
    }

    /** Returns the folder with llama.cpp's libraries in the build. */
    static Path libraries() {
        String arch = System.getProperty("os.arch").equals("aarch64") ? "arm64" : "x64";
        return Path.of("target/classes/io/quern/llama/natives/linux-" + arch).toAbsolutePath();
    }

    void awaitReady() {
        await().atMost(BOOT).pollInterval(Duration.ofMillis(50)).until(() -> {
            assertThat(process.isAlive())
                    .as("the engine is alive; its log ends: %s", logEnd())
                    .isTrue();
            return listening() && get("/q/health/ready").statusCode() == 200;
        });
    }

    boolean listening() {
        return port.isDone();
    }

    /** Returns the address of a path on the API's port or, for operators' paths, on the management port. */
    URI uri(String path) {
        int main = port.orTimeout(180, TimeUnit.SECONDS).join();
        boolean operators = path.startsWith("/q/") && !ON_API_PORT.matcher(path).matches() || path.equals("/metrics");
        return URI.create("http://127.0.0.1:" + (operators ? managementPort : main) + path);
    }

    HttpClient http() {
        return http;
    }

    HttpResponse<String> get(String path) {
        return send(HttpRequest.newBuilder(uri(path)).build());
    }

    HttpResponse<String> post(String path, String body) {
        return send(jsonPost(path, body).build());
    }

    HttpRequest.Builder jsonPost(String path, String body) {
        return HttpRequest.newBuilder(uri(path))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body));
    }

    JsonNode json(String path) {
        return parse(get(path));
    }

    static JsonNode parse(HttpResponse<String> response) {
        return parse(response.body());
    }

    static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the value of a metric, summed over its labels. */
    double metric(String name) {
        return get("/q/metrics")
                .body()
                .lines()
                .filter(line -> line.startsWith(name + "{") || line.startsWith(name + " "))
                .mapToDouble(line -> Double.parseDouble(line.substring(line.lastIndexOf(' ') + 1)))
                .sum();
    }

    List<Long> workerPids() {
        List<Long> pids = new ArrayList<>();
        json("/q/quern/pool").get("workers").forEach(worker -> {
            if (worker.hasNonNull("pid")) {
                pids.add(worker.get("pid").asLong());
            }
        });
        return pids;
    }

    Process process() {
        return process;
    }

    List<String> log() {
        return log;
    }

    /** Returns warnings and errors in its log, except those that only show that this machine is slow. */
    List<String> warnings() {
        return log.stream()
                .filter(line -> line.contains(" WARN ") || line.contains(" ERROR "))
                .filter(line -> !line.contains("BlockedThreadChecker"))
                .toList();
    }

    private List<String> logEnd() {
        return log.subList(Math.max(0, log.size() - 5), log.size());
    }

    /** Waits until the process has ended. */
    int exitCode() {
        try {
            assertThat(process.waitFor(120, TimeUnit.SECONDS))
                    .as("the engine ended; its log ends: %s", logEnd())
                    .isTrue();
            return process.exitValue();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Waits until the start has failed, and checks it: exit code 1, a log with these messages, no stack trace. */
    void refuses(String... messages) {
        assertThat(exitCode()).isEqualTo(1);
        // another thread still reads the log
        await().untilAsserted(() -> assertThat(String.join("\n", log)).contains(messages));
        assertThat(log).noneMatch(line -> line.startsWith("\tat "));
    }

    @Override
    public void close() {
        http.close();
        process.toHandle().destroy();
        try {
            if (!process.waitFor(60, TimeUnit.SECONDS)) {
                process.toHandle().destroyForcibly();
            }
        } catch (InterruptedException e) {
            process.toHandle().destroyForcibly();
        }
    }

    HttpResponse<String> send(HttpRequest request) {
        try {
            return http.send(request, HttpResponse.BodyHandlers.ofString());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    private void readLog() {
        try (BufferedReader reader = process.inputReader()) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                log.add(line);
                Matcher matcher = LISTENING.matcher(line);
                // in dev mode the application under test writes to the same log, and may listen first
                if (!port.isDone() && !line.contains(TEST_THREAD) && matcher.find()) {
                    Matcher management = MANAGEMENT.matcher(line);
                    managementPort = Integer.parseInt((management.find() ? management : matcher).group(1));
                    port.complete(Integer.parseInt(matcher.group(1)));
                }
            }
        } catch (IOException e) {
            log.add("log ended: " + e);
        }
    }
}
