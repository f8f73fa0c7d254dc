package io.quern.cli;

import io.quarkus.vertx.http.HttpServer;
import io.quern.model.ServedModel;
import io.quern.openai.OpenAiConfig;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;

/** Collects the log lines for a ready engine. */
@Singleton
final class ReadyReport {
    private final ServedModel model;
    private final OpenAiConfig openAi;
    private final HttpServer server;
    private final Config config;

    ReadyReport(ServedModel model, OpenAiConfig openAi, HttpServer server, Config config) {
        this.model = model;
        this.openAi = openAi;
        this.server = server;
        this.config = config;
    }

    /** Call this after the HTTP server listens. */
    ReadyLines lines() {
        return ReadyLines.of(model, openAi, server, config);
    }
}
