package io.quern.admission;

import io.quern.settings.Problems;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Checks the settings of admission before any worker starts. */
@Singleton
final class AdmissionSettings {
    private final AdmissionConfig config;
    private final MigrationConfig migration;

    AdmissionSettings(AdmissionConfig config, MigrationConfig migration) {
        this.config = config;
        this.migration = migration;
    }

    void check(@Observes Problems problems) {
        check(config, problems);
        problems.of("quern.migration.limit").atLeast(0, migration.limit());
    }

    static void check(AdmissionConfig config, Problems problems) {
        problems.of("quern.admission.queue-size").atLeast(0, config.queueSize());
        problems.of("quern.admission.queue-tokens").atLeast(0, config.queueTokens());
        config.requestTimeout().ifPresent(problems.of("quern.admission.request-timeout")::positive);
        problems.of("quern.admission.timeout").positive(config.timeout());
        problems.of("quern.admission.stream-buffer").atLeast(1, config.streamBuffer());
    }
}
