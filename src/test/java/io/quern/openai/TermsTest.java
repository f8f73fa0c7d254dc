package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.vertx.core.MultiMap;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TermsTest {
    @Test
    void withoutHeadersDefaultsApply() {
        assertThat(Terms.of(MultiMap.caseInsensitiveMultiMap())).isEqualTo(new Terms(Optional.empty(), false));
    }

    @ParameterizedTest
    @CsvSource({"30, 30000", "0.5, 500", "' 1.5 ', 1500", ".25, 250", "0.0000001, 1", "99999999999999999999, 86400000"})
    void timeoutIsReadAsSeconds(String value, long millis) {
        assertThat(of("x-request-timeout", value).timeout()).contains(Duration.ofMillis(millis));
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "",
                "0",
                "0.000",
                "-1",
                "1e9",
                "1e999999999",
                "NaN",
                "Infinity",
                "5s",
                "1.2.3",
                ".",
                "\u0663",
                "000000000000000000001"
            })
    void invalidTimeoutIsRefusedByName(String value) {
        assertThatThrownBy(() -> of("x-request-timeout", value)).isInstanceOfSatisfying(ApiException.class, e -> {
            assertThat(e.error().status()).isEqualTo(400);
            assertThat(e.error().param()).isEqualTo("X-Request-Timeout");
            assertThat(e.error().message()).contains('"' + value + '"');
        });
    }

    @Test
    void queuePositionIsTrueOrFalse() {
        assertThat(of("x-queue-position", "true").queuePosition()).isTrue();
        assertThat(of("x-queue-position", "false").queuePosition()).isFalse();
        assertThatThrownBy(() -> of("x-queue-position", "yes")).isInstanceOf(ApiException.class);
    }

    private static Terms of(String header, String value) {
        return Terms.of(MultiMap.caseInsensitiveMultiMap().add(header, value));
    }
}
