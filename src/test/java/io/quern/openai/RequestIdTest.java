package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.NullSource;
import org.junit.jupiter.params.provider.ValueSource;

class RequestIdTest {
    @Test
    void usableIdIsKept() {
        assertThat(RequestId.of("a-B_3:/{\"~!")).isEqualTo("a-B_3:/{\"~!");
        assertThat(RequestId.of("x".repeat(128))).hasSize(128);
    }

    @ParameterizedTest
    @NullSource
    @ValueSource(strings = {"", " ", "a b", "a\tb", "a\nb", "ä", "a\u007f"})
    void unusableIdIsReplaced(String incoming) {
        assertThat(RequestId.of(incoming)).matches("[0-9a-f]{32}");
    }

    @Test
    void tooLongIdIsReplaced() {
        assertThat(RequestId.of("x".repeat(129))).matches("[0-9a-f]{32}");
    }
}
