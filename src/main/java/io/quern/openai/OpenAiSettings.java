package io.quern.openai;

import io.quarkus.runtime.StartupEvent;
import io.quarkus.runtime.configuration.MemorySize;
import io.quern.generation.SamplingOptions;
import io.quern.openai.OpenAiConfig.FailedLoginsConfig;
import io.quern.settings.Problems;
import io.smallrye.config.SmallRyeConfig;
import jakarta.annotation.Priority;
import jakarta.enterprise.event.Observes;
import jakarta.enterprise.inject.spi.ObserverMethod;
import jakarta.inject.Singleton;
import java.util.List;
import org.jboss.logging.Logger;

/** Checks the API's configuration before workers start. */
@Singleton
final class OpenAiSettings {
    private static final Logger LOG = Logger.getLogger(OpenAiSettings.class);

    /** A key of Quarkus, with its default below. */
    private static final String HEADER_SIZE = "quarkus.http.limits.max-header-size";

    private static final long DEFAULT_HEADER_SIZE = 20 * 1024;

    private final OpenAiConfig config;
    private final SmallRyeConfig all;

    OpenAiSettings(OpenAiConfig config, SmallRyeConfig all) {
        this.config = config;
        this.all = all;
    }

    void check(@Observes Problems problems) {
        check(config, problems);
        problems.of(() ->
                ApiKeys.check(config.apiKeys(), ApiKeys.areConfigured(OpenAiConfig.API_KEYS, all), maxHeaderSize(all)));
    }

    void warn(@Observes @Priority(ObserverMethod.DEFAULT_PRIORITY - 100) StartupEvent event) {
        // a logger of its own, so that an application that protects the API by other means can silence it
        OpenAccess.of(all).warning().ifPresent(Logger.getLogger(OpenAccess.class)::warn);
        ApiKeys.weakness(config.apiKeys().orElse(List.of())).ifPresent(LOG::warn);
    }

    /** Returns the limit for all headers of a request together, in bytes. */
    static long maxHeaderSize(SmallRyeConfig all) {
        return all.getOptionalValue(HEADER_SIZE, MemorySize.class)
                .map(MemorySize::asLongValue)
                .orElse(DEFAULT_HEADER_SIZE);
    }

    static void check(OpenAiConfig config, Problems problems) {
        problems.of("quern.openai.max-body-size")
                .atLeast(1, config.maxBodySize().asLongValue());
        config.bodyMemory()
                .ifPresent(memory -> problems.of("quern.openai.body-memory").atLeast(1, memory.asLongValue()));
        problems.of("quern.openai.client-parsers").atLeast(1, config.clientParsers());
        problems.of("quern.openai.body-timeout").positive(config.bodyTimeout());
        problems.of("quern.openai.body-min-rate")
                .atLeast(0, config.bodyMinRate().asLongValue());
        problems.of("quern.openai.max-json-depth").atLeast(1, config.maxJsonDepth());
        problems.of("quern.openai.max-tools").atLeast(0, config.maxTools());
        problems.of("quern.openai.max-tools-size")
                .atLeast(0, config.maxToolsSize().asLongValue());
        problems.of("quern.openai.default-temperature")
                .within(0, SamplingOptions.MAX_TEMPERATURE, config.defaultTemperature());
        problems.of("quern.openai.default-completion-tokens").atLeast(1, config.defaultCompletionTokens());
        problems.of("quern.openai.max-choices").atLeast(1, config.maxChoices());
        problems.of("quern.openai.max-prompt-logprobs").atLeast(0, config.maxPromptLogprobs());
        problems.of("quern.openai.retry-after").notNegative(config.retryAfter());
        problems.of("quern.openai.stream-keep-alive").notNegative(config.streamKeepAlive());
        problems.of("quern.openai.linger").positive(config.linger());
        FailedLoginsConfig logins = config.failedLogins();
        problems.of("quern.openai.failed-logins.limit").atLeast(1, logins.limit());
        problems.of("quern.openai.failed-logins.window").positive(logins.window());
        problems.of("quern.openai.failed-logins.delay").notNegative(logins.delay());
        problems.of("quern.openai.failed-logins.max-delayed").atLeast(0, logins.maxDelayed());
        problems.of("quern.openai.failed-logins.max-addresses").atLeast(1, logins.maxAddresses());
        problems.of("quern.openai.failed-logins.log-interval").positive(logins.logInterval());
    }
}
