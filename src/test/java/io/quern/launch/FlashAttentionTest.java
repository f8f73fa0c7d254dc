package io.quern.launch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.DisabledOnOs;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

class FlashAttentionTest {

    @ParameterizedTest
    @CsvSource({
        "AUTO, false, 1, 0, true",
        "AUTO, false, 1, 4096, true",
        "AUTO, false, 1, 4097, false",
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

    @EnabledOnOs(architectures = {"amd64", "x86_64"})
    @Test
    void autoUsesItOnX86WithAnyThreads() {
        assertThat(FlashAttention.exactWithAnyThreads()).isTrue();
        assertThat(FlashAttention.AUTO.used(false, 2, 256)).isTrue();
        assertThat(FlashAttention.AUTO.used(false, 64, 4096)).isTrue();
        assertThat(FlashAttention.AUTO.used(false, 64, 4097)).isFalse();
    }

    @DisabledOnOs(architectures = {"amd64", "x86_64"})
    @Test
    void autoUsesItElsewhereWithOneThreadOnly() {
        assertThat(FlashAttention.exactWithAnyThreads()).isFalse();
        assertThat(FlashAttention.AUTO.used(false, 2, 256)).isFalse();
        assertThat(FlashAttention.ON.needsBf16Keys(false, 2, 256)).isFalse();
    }

    @EnabledOnOs(architectures = {"amd64", "x86_64"})
    @ParameterizedTest
    @CsvSource({
        "AUTO, 2, 0, true",
        "AUTO, 2, 4096, true",
        "AUTO, 64, 256, true",
        "AUTO, 2, 4097, false",
        "ON, 2, 8192, true",
        "OFF, 2, 256, false",
        "AUTO, 1, 256, false",
        "ON, 1, 8192, false"
    })
    void bf16KeysMakeSeveralThreadsExactOnX86(
            FlashAttention configured, int threads, int contextLength, boolean needed) {
        assertThat(configured.needsBf16Keys(false, threads, contextLength)).isEqualTo(needed);
    }

    @ParameterizedTest
    @EnumSource
    void gpuNeverNeedsBf16Keys(FlashAttention configured) {
        assertThat(configured.needsBf16Keys(true, 2, 256)).isFalse();
        assertThat(configured.needsBf16Keys(true, 15, 32768)).isFalse();
    }
}
