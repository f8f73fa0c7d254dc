package io.quern.openai;

import io.quarkus.runtime.StartupEvent;
import io.quern.generation.SamplingOptions;
import io.quern.settings.Setting;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.inject.Singleton;

/** What the API can be configured to be; looked at before workers are started. */
@Singleton
final class OpenAiSettings {
    private final OpenAiConfig config;

    OpenAiSettings(OpenAiConfig config) {
        this.config = config;
    }

    void check(@Observes @Priority(ObserverMethod.DEFAULT_PRIORITY - 100) StartupEvent event) {
        check(config);
    }

    static void check(OpenAiConfig config) {
        new Setting("quern.openai.max-body-size")
                .atLeast(1, config.maxBodySize().asLongValue());
        new Setting("quern.openai.max-json-depth").atLeast(1, config.maxJsonDepth());
        new Setting("quern.openai.default-temperature")
                .within(0, SamplingOptions.MAX_TEMPERATURE, config.defaultTemperature());
        new Setting("quern.openai.default-completion-tokens").atLeast(1, config.defaultCompletionTokens());
        new Setting("quern.openai.retry-after").notNegative(config.retryAfter());
        new Setting("quern.openai.stream-keep-alive").notNegative(config.streamKeepAlive());
        new Setting("quern.openai.linger").positive(config.linger());
    }
}
