package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlashAttentionTest {

    @ParameterizedTest
    @CsvSource({
        "AUTO, 1, 0, true",
        "AUTO, 1, 4096, true",
        "AUTO, 1, 4097, false",
        "AUTO, 2, 256, false",
        "ON, 2, 8192, true",
        "OFF, 1, 256, false"
    })
    void autoIsWhereResultsStayExactAndContextsAreShort(
            FlashAttention configured, int threads, int contextLength, boolean used) {
        assertThat(configured.used(threads, contextLength)).isEqualTo(used);
    }
}
