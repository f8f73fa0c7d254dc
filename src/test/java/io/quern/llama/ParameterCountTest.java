package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class ParameterCountTest {
    @ParameterizedTest
    @CsvSource({
        "999, 999",
        "1000, 1K",
        "999499, 999K",
        "999500, 1M",
        "2965120, 3M",
        "134515008, 135M",
        "999499999, 999M",
        "999500000, 1B",
        "1235814400, 1.2B",
        "6738415616, 6.7B",
        "70553706496, 70.6B",
        "671026419200, 671B"
    })
    void countIsWrittenWithUnit(long parameters, String text) {
        assertThat(ParameterCount.text(parameters)).isEqualTo(text);
    }

    @Test
    void countReplacesLabelOfLlamaCpp() {
        assertThat(ParameterCount.inPlaceOfLabel("llama ?B Q8_0", 2_965_120)).isEqualTo("llama 3M Q8_0");
        assertThat(ParameterCount.inPlaceOfLabel("llama 256M Q4_1", 134_515_008))
                .isEqualTo("llama 135M Q4_1");
        assertThat(ParameterCount.inPlaceOfLabel("gemma3 1B Q4_K - Medium", 999_885_952))
                .isEqualTo("gemma3 1B Q4_K - Medium");
        assertThat(ParameterCount.inPlaceOfLabel("unknown", 5)).isEqualTo("unknown");
    }
}
