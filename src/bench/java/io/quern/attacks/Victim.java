package io.quern.attacks;

import io.quern.bench.Service;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Duration;
import java.util.List;
import java.util.function.IntSupplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An engine under attack. Closing it stops it and keeps its log. */
final class Victim implements AutoCloseable {
    /** The valid key of engines that have one. */
    static final String KEY = "the-key-of-the-attack-suite";

    static final String CHAT = """
            {"model": "demo", "messages": [{"role": "user", "content": "Say hello."}], "max_tokens": 4}""";

    private static final Duration TIMEOUT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Pattern MANAGEMENT =
            Pattern.compile("Management interface listening on:? http://127\\.0\\.0\\.1:(\\d+)");

    private final Service service;
    private final Path kept;

    Victim(Service service, Path kept) {
        this.service = service;
        this.kept = kept;
    }

    /** Returns the address of a path of the API. */
    URI uri(String path) {
        return service.uri(path);
    }

    /**
     * Returns the address of a path such as {@code /q/health}: on the management port, or on the port of the API if
     * there is no management port.
     */
    URI management(String path) {
        Matcher line = MANAGEMENT.matcher(log());
        return line.find() ? URI.create("http://127.0.0.1:" + line.group(1) + path) : service.uri(path);
    }

    /** Opens a plain connection to the port of the API. */
    Socket connect() throws IOException {
        return connectTo(service.uri("/"));
    }

    /** Opens a plain connection to the port of another address of the engine. */
    Socket connectTo(URI uri) throws IOException {
        Socket socket = new Socket();
        socket.connect(new InetSocketAddress("127.0.0.1", uri.getPort()), (int) TIMEOUT.toMillis());
        socket.setSoTimeout((int) TIMEOUT.toMillis());
        return socket;
    }

    /**
     * Sends a chat with the key and returns the status of the whole answer, or -1 if none came within {@code timeout}.
     */
    int chat(Duration timeout) {
        return status(HttpRequest.newBuilder(uri("/v1/chat/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + KEY)
                .POST(HttpRequest.BodyPublishers.ofString(CHAT))
                .timeout(timeout));
    }

    /** Returns the status of {@code /q/health/live}, or -1 if no answer came within {@code timeout}. */
    int health(Duration timeout) {
        return status(HttpRequest.newBuilder(management("/q/health/live")).timeout(timeout));
    }

    private static int status(HttpRequest.Builder request) {
        // A new client for each request: an attack may have used up the connections of another.
        try (HttpClient client =
                HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build()) {
            return client.send(request.build(), HttpResponse.BodyHandlers.discarding())
                    .statusCode();
        } catch (IOException e) {
            return -1;
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Returns the body of a path on the management port. */
    String get(String path) throws IOException {
        try (var in = management(path).toURL().openStream()) {
            return new String(in.readAllBytes());
        }
    }

    /** Waits until the engine has answered a chat. */
    void awaitReady() throws IOException {
        await(() -> chat(TIMEOUT));
    }

    /** Waits until the engine has answered a completion, which does not use the chat template. */
    void awaitCompletions() throws IOException {
        await(() -> status(HttpRequest.newBuilder(uri("/v1/completions"))
                .header("content-type", "application/json")
                .header("authorization", "Bearer " + KEY)
                .POST(HttpRequest.BodyPublishers.ofString("{\"prompt\": \"Hello\", \"max_tokens\": 1}"))
                .timeout(TIMEOUT)));
    }

    private void await(IntSupplier status) throws IOException {
        long begin = System.nanoTime();
        while (System.nanoTime() - begin < TIMEOUT.toNanos()) {
            if (!service.process().isAlive()) {
                throw new IOException("the engine ended with exit code "
                        + service.process().exitValue() + "; its log: " + service.logEnd());
            }
            try {
                if (status.getAsInt() == 200) {
                    return;
                }
            } catch (UncheckedIOException notYet) {
                // It has not logged its port yet.
            }
            Service.pause(POLL);
        }
        throw new IOException("the engine was not ready within " + TIMEOUT + "; its log: " + service.logEnd());
    }

    /** Returns the started process, then its descendants. */
    List<ProcessHandle> processes() {
        return service.processes();
    }

    Process process() {
        return service.process();
    }

    long pid() {
        return service.process().pid();
    }

    /** Returns the resident memory of the engine's process in MiB. */
    double residentMebibytes() throws IOException {
        return status("VmRSS") / 1024.0;
    }

    int threads() throws IOException {
        return (int) status("Threads");
    }

    private long status(String field) throws IOException {
        for (String line : Files.readAllLines(Path.of("/proc", Long.toString(pid()), "status"))) {
            if (line.startsWith(field + ":")) {
                return Long.parseLong(line.replaceAll("\\D+", ""));
            }
        }
        throw new IOException("no field " + field + " in the status of process " + pid());
    }

    /** Returns the log so far. */
    String log() {
        try {
            return Files.readString(service.log());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override
    public void close() {
        try {
            Files.copy(service.log(), kept, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } finally {
            service.close();
        }
    }
}
