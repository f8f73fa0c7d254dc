package io.quern.cli;

import io.quarkus.vertx.http.HttpServer;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.engines.EngineRecord;
import io.quern.engines.EngineRecords;
import io.quern.home.HomeConfig;
import io.quern.home.HomeException;
import io.quern.home.QuernHome;
import io.quern.openai.OpenAiConfig;
import io.quern.process.ProcessIdentity;
import jakarta.inject.Singleton;
import java.io.IOException;
import java.time.Instant;
import org.eclipse.microprofile.config.Config;
import org.jboss.logging.Logger;

/** Records this engine in its home, so that the commands find it. */
@Singleton
final class EngineAnnouncement {
    private static final Logger LOG = Logger.getLogger(EngineAnnouncement.class);

    private final HomeConfig home;
    private final ModelCatalog models;
    private final OpenAiConfig openAi;
    private final HttpServer server;
    private final Config config;

    EngineAnnouncement(HomeConfig home, ModelCatalog models, OpenAiConfig openAi, HttpServer server, Config config) {
        this.home = home;
        this.models = models;
        this.openAi = openAi;
        this.server = server;
        this.config = config;
    }

    /** Writes the record. Call this after the HTTP server listens. Never fails: without a record the engine serves. */
    EngineRecords.Announcement make() {
        try {
            return new EngineRecords(QuernHome.locate(home))
                    .announce(new EngineRecord(
                            ProcessIdentity.current(),
                            Instant.now(),
                            ReadyLines.api(openAi, server, config),
                            ReadyLines.management(server, config),
                            models.all().stream()
                                    .map(HostedModel::configured)
                                    .map(one -> new EngineRecord.Model(
                                            ModelArgument.absolute(one.model().model()),
                                            one.model().modelName().orElse("")))
                                    .toList(),
                            ParentWatch.sessionOf()));
        } catch (IOException | HomeException e) {
            LOG.warnf("Commands such as ps cannot find this engine, because its record cannot be written: %s", e);
            return () -> {};
        }
    }
}
