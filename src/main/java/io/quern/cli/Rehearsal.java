package io.quern.cli;

import io.quarkus.runtime.QuarkusApplication;
import io.quern.embed.QuernEngine;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import org.eclipse.microprofile.config.Config;

/**
 * The engine for once, with the demo model: boots, answers each kind of request over HTTP and ends. A JVM that records an AOT cache
 * ({@code -XX:AOTCacheOutput}) sees all that an engine does.
 */
public final class Rehearsal implements QuarkusApplication {
    static final String NAME = "rehearse";

    private static final Duration READY = Duration.ofMinutes(2);
    private static final int TIMEOUT_MILLIS = 30_000;
    private static final String QUESTION =
            "{\"model\":\"demo\",\"max_tokens\":16,\"temperature\":0.7,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"What is Quern?\"}]}";

    private final QuernEngine engine;
    private final Config config;

    Rehearsal(QuernEngine engine, Config config) {
        this.engine = engine;
        this.config = config;
    }

    @Override
    public int run(String... args) throws IOException {
        engine.whenReady().await().atMost(READY);
        for (String path : new String[] {
            "/q/health/live",
            "/q/health/ready",
            "/q/health/started",
            "/health",
            "/v1/models",
            "/q/metrics",
            "/q/quern/pool",
            "/q/quern/decision"
        }) {
            ask(path, null);
        }
        for (boolean stream : new boolean[] {true, false}) {
            ask("/v1/chat/completions", QUESTION.formatted(stream));
        }
        ask("/v1/completions", "{\"model\":\"demo\",\"prompt\":\"A slot\",\"max_tokens\":8,\"stream\":true}");
        return 0;
    }

    private void ask(String path, String body) throws IOException {
        // the one that was taken, where the configuration leaves the choice to the system
        int port = config.getValue("quarkus.http.port", Integer.class);
        HttpURLConnection connection = (HttpURLConnection)
                URI.create("http://127.0.0.1:" + port + path).toURL().openConnection();
        connection.setReadTimeout(TIMEOUT_MILLIS);
        if (body != null) {
            connection.setDoOutput(true);
            connection.setRequestProperty("content-type", "application/json");
            connection.getOutputStream().write(body.getBytes(StandardCharsets.UTF_8));
        }
        if (connection.getResponseCode() != 200) {
            throw new IOException(path + " was answered with " + connection.getResponseCode());
        }
        try (InputStream in = connection.getInputStream()) {
            in.readAllBytes();
        }
    }
}
