package io.quern.admission;

import io.quern.settings.Problems;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** Checks the settings of admission before any worker starts. */
@Singleton
final class AdmissionSettings {
    private final AdmissionConfig config;
    private final MigrationConfig migration;
    private final TokenizeConfig tokenize;

    AdmissionSettings(AdmissionConfig config, MigrationConfig migration, TokenizeConfig tokenize) {
        this.config = config;
        this.migration = migration;
        this.tokenize = tokenize;
    }

    void check(@Observes Problems problems) {
        check(config, problems);
        problems.of("quern.migration.limit").atLeast(0, migration.limit());
        problems.of("quern.tokenize.max-length").atLeast(1, tokenize.maxLength());
        problems.of("quern.tokenize.queue-size").atLeast(1, tokenize.queueSize());
        problems.of("quern.tokenize.timeout").positive(tokenize.timeout());
        problems.of("quern.tokenize.max-losses").atLeast(1, tokenize.maxLosses());
    }

    static void check(AdmissionConfig config, Problems problems) {
        problems.of("quern.admission.queue-size").atLeast(0, config.queueSize());
        problems.of("quern.admission.queue-tokens").atLeast(0, config.queueTokens());
        config.requestTimeout().ifPresent(problems.of("quern.admission.request-timeout")::positive);
        problems.of("quern.admission.timeout").positive(config.timeout());
        problems.of("quern.admission.stream-buffer").atLeast(1, config.streamBuffer());
    }
}
