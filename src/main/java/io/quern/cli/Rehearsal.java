package io.quern.cli;

import io.quarkus.runtime.QuarkusApplication;
import io.quern.embed.QuernEngine;
import io.quern.engines.EngineHttp;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import org.eclipse.microprofile.config.Config;

/**
 * Boots the engine with the demo model, sends it each kind of request over HTTP, and ends. In this way a JVM that
 * records an AOT cache ({@code -XX:AOTCacheOutput}) executes everything that an engine does.
 */
public final class Rehearsal implements QuarkusApplication {
    static final String NAME = "rehearse";

    private static final Duration READY = Duration.ofMinutes(2);
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String CHAT = "/v1/chat/completions";
    private static final String COMPLETIONS = "/v1/completions";
    private static final String QUESTION =
            "{\"model\":\"demo\",\"max_tokens\":16,\"temperature\":0.7,\"stream\":%s,\"messages\":[{\"role\":\"user\",\"content\":\"What is Quern?\"}]}";
    private static final String PROMPT = "{\"model\":\"demo\",\"prompt\":\"A slot\",\"max_tokens\":8,\"stream\":true}";

    private final QuernEngine engine;
    private final Config config;

    Rehearsal(QuernEngine engine, Config config) {
        this.engine = engine;
        this.config = config;
    }

    @Override
    public int run(String... args) throws IOException {
        engine.whenReady().await().atMost(READY);
        // uses the actual port if the configuration lets the system choose one
        LocalEngine itself = LocalEngine.of(config, PATIENCE);
        LocalEngine management = LocalEngine.management(config, PATIENCE);
        for (String path : List.of("/health", "/v1/models")) {
            check(path, itself.get(path));
        }
        for (String path : List.of(
                "/q/health/live",
                "/q/health/ready",
                "/q/health/started",
                "/q/metrics",
                "/q/quern/pool",
                "/q/quern/decision")) {
            check(path, management.get(path));
        }
        for (boolean stream : new boolean[] {true, false}) {
            check(CHAT, itself.post(CHAT, QUESTION.formatted(stream)));
        }
        check(COMPLETIONS, itself.post(COMPLETIONS, PROMPT));
        return 0;
    }

    private static void check(String path, EngineHttp.Reply reply) throws IOException {
        if (reply.status() != 200) {
            throw new IOException(path + " got status " + reply.status() + ": " + reply.body());
        }
    }
}
