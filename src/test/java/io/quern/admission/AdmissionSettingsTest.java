package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quarkus.runtime.configuration.ConfigurationException;
import io.quern.settings.Problems;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class AdmissionSettingsTest {
    private record Config(
            int queueSize, int queueTokens, Duration timeout, Optional<Duration> requestTimeout, int streamBuffer)
            implements AdmissionConfig {}

    @Test
    void queueSizeZeroIsValid() {
        assertThatCode(() -> check(new Config(0, 0, Duration.ofMillis(1), Optional.empty(), 1)))
                .doesNotThrowAnyException();
    }

    @ParameterizedTest
    @CsvSource({
        "-1, 0, PT1S, PT1S, 1, quern.admission.queue-size is -1; it must be at least 0",
        "0, -1, PT1S, PT1S, 1, quern.admission.queue-tokens is -1; it must be at least 0",
        "0, 0, PT0S, PT1S, 1, quern.admission.timeout is PT0S; it must be at least 1 ms",
        "0, 0, PT1S, PT0S, 1, quern.admission.request-timeout is PT0S; it must be at least 1 ms",
        "0, 0, PT1S, PT1S, 0, quern.admission.stream-buffer is 0; it must be at least 1",
    })
    void invalidValueIsOneErrorWithItsKey(
            int queue, int tokens, Duration timeout, Duration request, int buffer, String message) {
        Config config = new Config(queue, tokens, timeout, Optional.of(request), buffer);
        assertThatThrownBy(() -> check(config))
                .isInstanceOf(ConfigurationException.class)
                .hasMessage(message);
    }

    private static void check(AdmissionConfig config) {
        Problems problems = new Problems();
        AdmissionSettings.check(config, problems);
        problems.refuse();
    }
}
