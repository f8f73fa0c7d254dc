package io.quern.cli;

import io.quarkus.vertx.http.HttpServer;
import io.quern.catalog.ModelCatalog;
import io.quern.openai.OpenAiConfig;
import jakarta.inject.Singleton;
import org.eclipse.microprofile.config.Config;

/** Collects the log lines for a ready engine. */
@Singleton
final class ReadyReport {
    private final ModelCatalog catalog;
    private final OpenAiConfig openAi;
    private final HttpServer server;
    private final Config config;

    ReadyReport(ModelCatalog catalog, OpenAiConfig openAi, HttpServer server, Config config) {
        this.catalog = catalog;
        this.openAi = openAi;
        this.server = server;
        this.config = config;
    }

    /** Call this after the HTTP server listens. */
    ReadyLines lines() {
        return ReadyLines.of(catalog.first().model(), openAi, server, config);
    }
}
