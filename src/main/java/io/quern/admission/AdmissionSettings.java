package io.quern.admission;

import io.quarkus.runtime.StartupEvent;
import io.quern.settings.Setting;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.inject.Singleton;

/** What admission can be configured to be; looked at before workers are started. */
@Singleton
final class AdmissionSettings {
    private final AdmissionConfig config;
    private final MigrationConfig migration;

    AdmissionSettings(AdmissionConfig config, MigrationConfig migration) {
        this.config = config;
        this.migration = migration;
    }

    void check(@Observes @Priority(ObserverMethod.DEFAULT_PRIORITY - 100) StartupEvent event) {
        check(config);
        new Setting("quern.migration.limit").atLeast(0, migration.limit());
    }

    static void check(AdmissionConfig config) {
        new Setting("quern.admission.queue-size").atLeast(0, config.queueSize());
        new Setting("quern.admission.queue-tokens").atLeast(0, config.queueTokens());
        config.requestTimeout().ifPresent(new Setting("quern.admission.request-timeout")::positive);
        new Setting("quern.admission.timeout").positive(config.timeout());
        new Setting("quern.admission.stream-buffer").atLeast(1, config.streamBuffer());
    }
}
