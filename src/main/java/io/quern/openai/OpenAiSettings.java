package io.quern.openai;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.MemorySize;
import io.quern.generation.SamplingOptions;
import io.quern.settings.Setting;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.inject.Singleton;
import java.util.stream.StreamSupport;

/** What the API can be configured to be; looked at before workers are started. */
@Singleton
final class OpenAiSettings {
    /** Of Quarkus, with its default. */
    private static final String HEADER_SIZE = "quarkus.http.limits.max-header-size";

    private static final long DEFAULT_HEADER_SIZE = 20 * 1024;

    private final OpenAiConfig config;
    private final SmallRyeConfig all;

    OpenAiSettings(OpenAiConfig config, SmallRyeConfig all) {
        this.config = config;
        this.all = all;
    }

    void check(@Observes @Priority(ObserverMethod.DEFAULT_PRIORITY - 100) StartupEvent event) {
        check(config);
        ApiKeys.check(config.apiKeys(), areKeysConfigured(), maxHeaderSize());
    }

    /** Whether any source has the setting, whatever came of it. */
    private boolean areKeysConfigured() {
        return all.getConfigValue(OpenAiConfig.API_KEYS).getValue() != null
                || StreamSupport.stream(all.getPropertyNames().spliterator(), false)
                        .anyMatch(name -> name.startsWith(OpenAiConfig.API_KEYS));
    }

    private long maxHeaderSize() {
        return all.getOptionalValue(HEADER_SIZE, MemorySize.class)
                .map(MemorySize::asLongValue)
                .orElse(DEFAULT_HEADER_SIZE);
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
