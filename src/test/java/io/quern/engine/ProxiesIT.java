package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * Runs an engine behind the proxies of docs/howto/proxies.md with the configuration shown there. Skipped without the
 * proxy.
 */
@Timeout(120)
class ProxiesIT {
    private static final Path HOWTO = Path.of("docs/howto/proxies.md");

    @TempDir
    static Path folder;

    private static EngineProcess engine;

    private final HttpClient http =
            HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();

    /** A proxy, and the configuration that surrounds the text of the howto. */
    enum Proxy {
        NGINX("nginx") {
            @Override
            String configuration(String howto, Path own) {
                String user = System.getProperty("user.name").equals("root") ? "user root;\n" : "";
                String paths = Stream.of("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
                        .map(kind -> "  " + kind + "_temp_path " + own.resolve(kind) + ";\n")
                        .reduce("", String::concat);
                return user + "daemon off;\npid " + own.resolve("pid") + ";\nerror_log stderr;\nevents {}\nhttp {\n"
                        + "  access_log off;\n" + paths + howto + "}\n";
            }

            @Override
            List<String> command(Path configuration) {
                return List.of("nginx", "-c", configuration.toString());
            }
        },
        HAPROXY("haproxy") {
            @Override
            String configuration(String howto, Path own) {
                return howto;
            }

            @Override
            List<String> command(Path configuration) {
                return List.of("haproxy", "-db", "-f", configuration.toString());
            }
        };

        final String program;

        Proxy(String program) {
            this.program = program;
        }

        abstract String configuration(String howto, Path own);

        abstract List<String> command(Path configuration);
    }

    @BeforeAll
    static void startEngine() {
        engine = EngineProcess.start(Map.of(
                "QUERN_HOME", folder.resolve("home").toString(),
                "QUERN_WORKER_AOT_CACHE", "false",
                "QUERN_OPENAI_STREAM_KEEP_ALIVE", "200ms"));
    }

    @AfterAll
    static void stopEngine() {
        engine.close();
    }

    @ParameterizedTest
    @EnumSource
    void howtoConfigurationServesStreams(Proxy proxy) throws Exception {
        assumeTrue(isInstalled(proxy), "skipped: " + proxy.program + " is not installed");
        int port = freePort();
        Process running = start(proxy, port);
        try {
            URI root = URI.create("http://127.0.0.1:" + port);
            await().atMost(Duration.ofSeconds(30)).ignoreExceptions().until(() -> {
                assertThat(running.isAlive()).isTrue();
                return get(root.resolve("/health")).statusCode() == 200;
            });
            assertStreamIsComplete(root);
            assertWaitingStreamGetsComments(port);
            assertLeavingClientFreesItsSlot(port);
        } finally {
            running.destroy();
            assertThat(running.waitFor(20, TimeUnit.SECONDS)).isTrue();
        }
    }

    private void assertStreamIsComplete(URI root) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(root.resolve("/v1/completions"))
                .header("content-type", "application/json")
                .POST(HttpRequest.BodyPublishers.ofString(body(20)))
                .build();
        HttpResponse<String> response = http.send(request, HttpResponse.BodyHandlers.ofString());
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.body()).endsWith("data: [DONE]\n\n");
    }

    /** Its worker is stopped, so it must wait. */
    private void assertWaitingStreamGetsComments(int port) throws Exception {
        try (Socket client = sendRequest(port, body(900));
                BufferedReader events = reader(client.getInputStream())) {
            assertThat(next(events, "data:")).isNotNull();
            signal("STOP");
            assertThat(next(events, ": keep-alive")).isNotNull();
        } finally {
            signal("CONT");
        }
        await().atMost(Duration.ofSeconds(30)).until(() -> running() == 0);
    }

    private void assertLeavingClientFreesItsSlot(int port) throws Exception {
        signal("STOP");
        try {
            try (Socket ignored = sendRequest(port, body(900))) {
                await().atMost(Duration.ofSeconds(10)).until(() -> running() == 1);
            }
            await().atMost(Duration.ofSeconds(10)).until(() -> running() == 0);
        } finally {
            signal("CONT");
        }
    }

    private static Socket sendRequest(int port, String body) throws IOException {
        Socket socket = new Socket("127.0.0.1", port);
        socket.setSoTimeout(30_000);
        socket.getOutputStream()
                .write(("POST /v1/completions HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: "
                                + body.length() + "\r\n\r\n" + body)
                        .getBytes(StandardCharsets.US_ASCII));
        return socket;
    }

    private static String body(int tokens) {
        return "{\"prompt\":\"A fork server\",\"ignore_eos\":true,\"stream\":true,\"max_tokens\":" + tokens + "}";
    }

    private static int running() {
        return engine.json("/q/quern/pool").get("running").asInt();
    }

    private static void signal(String name) throws Exception {
        for (long pid : engine.workerPids()) {
            new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor();
        }
    }

    /** Returns the next line that begins so, or null at the end. */
    private static String next(BufferedReader events, String start) throws IOException {
        String line = events.readLine();
        while (line != null && !line.startsWith(start)) {
            line = events.readLine();
        }
        return line;
    }

    private static BufferedReader reader(InputStream in) {
        return new BufferedReader(new InputStreamReader(in, StandardCharsets.UTF_8));
    }

    private HttpResponse<String> get(URI uri) throws Exception {
        return http.send(HttpRequest.newBuilder(uri).build(), HttpResponse.BodyHandlers.ofString());
    }

    private static Process start(Proxy proxy, int port) throws IOException {
        Path own = Files.createDirectories(folder.resolve(proxy.program));
        String howto = howto(proxy.program)
                .replace("127.0.0.1:8080", "127.0.0.1:" + engine.uri("").getPort())
                .replace("127.0.0.1:8000", "127.0.0.1:" + port);
        Path configuration = Files.writeString(own.resolve("configuration"), proxy.configuration(howto, own));
        return new ProcessBuilder(proxy.command(configuration))
                .redirectErrorStream(true)
                .redirectOutput(own.resolve("log").toFile())
                .start();
    }

    /** Returns the code block between the marks of the proxy. */
    private static String howto(String program) throws IOException {
        String text = Files.readString(HOWTO);
        String part = text.substring(
                text.indexOf("<!-- " + program + ": begin -->"), text.indexOf("<!-- " + program + ": end -->"));
        int begin = part.indexOf('\n', part.indexOf("```")) + 1;
        return part.substring(begin, part.lastIndexOf("```"));
    }

    private static boolean isInstalled(Proxy proxy) {
        return Stream.of(System.getenv("PATH").split(":"))
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, proxy.program)));
    }

    static int freePort() throws IOException {
        try (ServerSocket free = new ServerSocket(0)) {
            return free.getLocalPort();
        }
    }
}
