package io.quern.cli;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.ConfigurationException;
import io.smallrye.config.ConfigValue;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.inject.Singleton;
import java.util.List;
import java.util.stream.StreamSupport;

/**
 * Refuses Quarkus' own settings whose values refer to something that is not set. Quarkus takes an optional one for not set, and would
 * serve without a certificate or without a list of origins. Where Quern is embedded, Quarkus' settings are the application's concern.
 */
@Singleton
final class QuarkusSettings {
    private static final int FIRST = 1;

    private final SmallRyeConfig config;

    QuarkusSettings(SmallRyeConfig config) {
        this.config = config;
    }

    /** @throws ConfigurationException naming all of them */
    void started(@Observes @Priority(FIRST) StartupEvent event) {
        List<String> problems = StreamSupport.stream(config.getPropertyNames().spliterator(), false)
                .filter(name -> name.startsWith("quarkus."))
                .sorted()
                .map(config::getConfigValue)
                .filter(ConfigValue::hasProblems)
                .map(value -> value.getName() + " cannot be expanded: "
                        + value.getProblems().getFirst().getMessage())
                .toList();
        if (!problems.isEmpty()) {
            throw new ConfigurationException(String.join("; ", problems));
        }
    }
}
