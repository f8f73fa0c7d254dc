package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FlashAttentionTest {

    @ParameterizedTest
    @CsvSource({
        "AUTO, false, 1, 0, true",
        "AUTO, false, 1, 4096, true",
        "AUTO, false, 1, 4097, false",
        "AUTO, false, 2, 256, false",
        "AUTO, true, 15, 0, true",
        "AUTO, true, 15, 32768, true",
        "ON, false, 2, 8192, true",
        "OFF, false, 1, 256, false",
        "OFF, true, 15, 256, false"
    })
    void autoUsesItOnGpusAndExactShortContexts(
            FlashAttention configured, boolean gpu, int threads, int contextLength, boolean used) {
        assertThat(configured.used(gpu, threads, contextLength)).isEqualTo(used);
    }
}
