package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Runs the commands of docs/howto/tls.md exactly as written, except for the port. */
class TlsIT {
    private static final Path HOWTO = Path.of("docs/howto/tls.md");

    @TempDir
    Path folder;

    private EngineProcess engine;
    private int port;

    private record Result(int exitCode, String text) {}

    @AfterEach
    void stopEngine() {
        if (engine != null) {
            engine.close();
        }
    }

    @Test
    void certificateAndItsRenewalAreServed() throws Exception {
        shell(part("certificate"));
        String serial = serialOf("tls.crt");
        start(part("settings").replace("reload-period=1h", "reload-period=1s"));
        assertThat(runHowto(part("ask"))).contains("\"id\":\"demo\"");
        assertThat(runHowto(part("ask").replace("curl ", "curl -sv 2>&1 "))).contains("ALPN", "HTTP/2 200");
        assertThat(openssl()).contains(serial);
        assertThat(run("curl -sS http://localhost:" + port + "/v1/models").text())
                .as("plain HTTP to the TLS port")
                .doesNotContain("demo");
        assertThat(engine.log()).noneMatch(line -> line.contains("Listening on: http:"));

        shell(part("certificate"));
        String renewed = serialOf("tls.crt");
        assertThat(renewed).isNotEqualTo(serial);
        await().atMost(Duration.ofMinutes(1)).until(() -> openssl().contains(renewed));
        assertThat(runHowto(part("ask"))).contains("\"id\":\"demo\"");
    }

    @Test
    void clientWithoutCertificateIsRefused() throws Exception {
        shell(part("certificate"));
        shell(part("client"));
        start(part("settings") + part("mutual"));
        assertThat(runHowto(part("ask-mutual"))).contains("\"id\":\"demo\"");
        Result without = run(port(part("ask")));
        assertThat(without.exitCode()).as(without.text()).isNotZero();
        assertThat(without.text()).doesNotContain("demo");
    }

    /** Quarkus would only warn and serve clients without a certificate. */
    @Test
    void unenforceableClientAuthEndsBoot() throws Exception {
        shell(part("certificate"));
        launch(part("settings") + "quarkus.http.ssl.client-auth=required\n");
        engine.refuses("quarkus.http.ssl.client-auth is required", "was fixed to NONE", "Set quern.http.client-auth");
    }

    private void start(String settings) throws Exception {
        launch(settings);
        await().atMost(Duration.ofSeconds(180)).until(() -> {
            assertThat(engine.process().isAlive())
                    .as("the engine's log: %s", engine.log())
                    .isTrue();
            return isOpen();
        });
    }

    private void launch(String settings) throws Exception {
        port = ProxiesIT.freePort();
        Files.createDirectories(folder.resolve("config"));
        Files.writeString(
                folder.resolve("config/application.properties"),
                port(settings).replace("ssl-port=8443", "ssl-port=" + port));
        engine = EngineProcess.launch(
                List.of("env", "-C", folder.toString()),
                Map.of("QUERN_HOME", folder.resolve("home").toString(), "QUERN_WORKER_AOT_CACHE", "false"),
                true);
    }

    private boolean isOpen() {
        try (Socket socket = new Socket("127.0.0.1", port)) {
            return socket.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    private String port(String text) {
        return text.replace("localhost:8443", "localhost:" + port);
    }

    /** Returns the output of a command that must succeed. */
    private String runHowto(String command) throws Exception {
        return shell(port(command).replace("curl ", "curl -sS "));
    }

    private String serialOf(String certificate) throws Exception {
        String line = shell("openssl x509 -noout -serial -in " + certificate).strip();
        return line.substring(line.indexOf('=') + 1);
    }

    /** Returns the serial number of the certificate that the server presents. */
    private String openssl() throws Exception {
        return run("openssl s_client -connect localhost:" + port
                        + " </dev/null 2>/dev/null | openssl x509 -noout -serial")
                .text();
    }

    private String shell(String commands) throws Exception {
        Result result = run("set -e\n" + commands);
        assertThat(result.exitCode()).as(result.text()).isZero();
        return result.text();
    }

    private Result run(String commands) throws Exception {
        Process process = new ProcessBuilder("/bin/sh", "-c", commands)
                .directory(folder.toFile())
                .redirectErrorStream(true)
                .start();
        String text = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
        return new Result(process.exitValue(), text);
    }

    /** Returns the text of a part of the howto without its code fence. */
    private static String part(String name) throws IOException {
        String howto = Files.readString(HOWTO);
        String begin = "<!-- " + name + ": begin -->";
        String end = "<!-- " + name + ": end -->";
        assertThat(howto).contains(begin, end);
        List<String> lines = new ArrayList<>(howto.substring(howto.indexOf(begin) + begin.length(), howto.indexOf(end))
                .strip()
                .lines()
                .toList());
        lines.removeFirst();
        lines.removeLast();
        return String.join("\n", lines) + "\n";
    }
}
