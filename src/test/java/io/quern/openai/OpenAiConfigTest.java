package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.TestConfig;
import io.quern.settings.Problems;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class OpenAiConfigTest {
    @Test
    void defaultsAreThoseOfOpenAiWithoutKeys() {
        OpenAiConfig config = config(Map.of());
        assertThat(config.apiKeys()).isEmpty();
        assertThat(config.maxBodySize().asLongValue()).isEqualTo(10 * 1024 * 1024);
        assertThat(config.maxJsonDepth()).isEqualTo(64);
        assertThat(config.defaultTemperature()).isEqualTo(1.0);
        assertThat(config.recommendedSampling()).isTrue();
        assertThat(config.defaultCompletionTokens()).isEqualTo(16);
        assertThat(config.retryAfter()).isEqualTo(Duration.ofSeconds(5));
        assertThat(config.linger()).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void everyKeyIsRead() {
        OpenAiConfig config = config(Map.of(
                "quern.openai.api-keys", "a,b",
                "quern.openai.max-body-size", "1M",
                "quern.openai.max-json-depth", "8",
                "quern.openai.default-temperature", "0.2",
                "quern.openai.recommended-sampling", "false",
                "quern.openai.default-completion-tokens", "99",
                "quern.openai.retry-after", "PT7S",
                "quern.openai.linger", "PT3S"));
        assertThat(config.apiKeys().orElseThrow()).containsExactly("a", "b");
        assertThat(config.maxBodySize().asLongValue()).isEqualTo(1024 * 1024);
        assertThat(config.maxJsonDepth()).isEqualTo(8);
        assertThat(config.defaultTemperature()).isEqualTo(0.2);
        assertThat(config.recommendedSampling()).isFalse();
        assertThat(config.defaultCompletionTokens()).isEqualTo(99);
        assertThat(config.retryAfter()).isEqualTo(Duration.ofSeconds(7));
        assertThat(config.linger()).isEqualTo(Duration.ofSeconds(3));
    }

    @ParameterizedTest
    @CsvSource({
        "max-body-size, 0, 0; it must be at least 1",
        "max-json-depth, 0, 0; it must be at least 1",
        "default-temperature, 2.5, 2.5; it must be from 0 to 2",
        "default-completion-tokens, 0, 0; it must be at least 1",
        "retry-after, PT-1S, PT-1S; it must be 0 or more",
        "stream-keep-alive, PT-1S, PT-1S; it must be 0 or more",
        "linger, 0s, PT0S; it must be at least 1 ms",
        "failed-logins.limit, 0, 0; it must be at least 1",
        "failed-logins.window, 0s, PT0S; it must be at least 1 ms",
        "failed-logins.delay, PT-1S, PT-1S; it must be 0 or more",
        "failed-logins.max-delayed, -1, -1; it must be at least 0",
        "failed-logins.max-addresses, 0, 0; it must be at least 1",
        "failed-logins.log-interval, 0s, PT0S; it must be at least 1 ms",
    })
    void invalidValueIsOneErrorThatNamesKey(String key, String value, String problem) {
        OpenAiConfig config = config(Map.of("quern.openai." + key, value));
        assertThatThrownBy(() -> check(config))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage("quern.openai." + key + " is " + problem);
    }

    @Test
    void defaultsAreValid() {
        assertThatCode(() -> check(config(Map.of()))).doesNotThrowAnyException();
    }

    private static void check(OpenAiConfig config) {
        Problems problems = new Problems();
        OpenAiSettings.check(config, problems);
        problems.refuse();
    }

    private static OpenAiConfig config(Map<String, String> keys) {
        return TestConfig.of(OpenAiConfig.class, keys);
    }
}
