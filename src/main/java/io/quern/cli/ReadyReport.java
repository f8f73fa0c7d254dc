package io.quern.cli;

import io.quarkus.vertx.http.HttpServer;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.catalog.ModelState;
import io.quern.openai.OpenAiConfig;
import jakarta.inject.Singleton;
import java.util.List;
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
        List<String> all = catalog.several()
                ? catalog.all().stream().map(ReadyReport::text).toList()
                : List.of();
        return ReadyLines.of(
                catalog.byDefault().filter(ReadyReport::canAnswer).orElseGet(this::best), all, openAi, server, config);
    }

    /** Returns a model that can answer at once if there is one, and otherwise one that a request loads. */
    private HostedModel best() {
        return catalog.all().stream()
                .filter(model -> model.state() instanceof ModelState.Ready)
                .findFirst()
                .or(() -> catalog.all().stream().filter(ReadyReport::canAnswer).findFirst())
                .orElseGet(catalog::first);
    }

    private static boolean canAnswer(HostedModel model) {
        return !(model.state() instanceof ModelState.Failed);
    }

    private static String text(HostedModel model) {
        return model.name() + ": " + model.state().label();
    }
}
