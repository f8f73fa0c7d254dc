package io.quern.model;

import io.quern.settings.Problems;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;

/** The limits of rendering templates, checked before anything is started. */
@Singleton
final class TemplateSettings {
    private final TemplateConfig config;

    TemplateSettings(TemplateConfig config) {
        this.config = config;
    }

    void check(@Observes Problems problems) {
        check(config, problems);
    }

    static void check(TemplateConfig config, Problems problems) {
        problems.of("quern.template.timeout").positive(config.timeout());
        problems.of("quern.template.max-output").atLeast(1, config.maxOutput());
        problems.of("quern.template.max-steps").atLeast(1, config.maxSteps());
        config.maxMemory()
                .ifPresent(most -> problems.of("quern.template.max-memory").atLeast(1, most.asLongValue()));
        problems.of("quern.template.threads").atLeast(1, config.threads());
    }
}
