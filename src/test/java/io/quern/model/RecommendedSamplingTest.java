package io.quern.model;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RecommendedSamplingTest {
    @Test
    void fileRecommendsNothing() {
        RecommendedSampling none = RecommendedSampling.of(Map.of("general.name", "x"));
        assertThat(none.isEmpty()).isTrue();
        assertThat(none.unusable()).isEmpty();
        assertThat(none.text()).isEmpty();
    }

    @Test
    void everyValueIsRead() {
        RecommendedSampling read = RecommendedSampling.of(Map.of(
                "general.sampling.temp", (double) 0.6f,
                "general.sampling.top_p", (double) 0.95f,
                "general.sampling.top_k", 20L,
                "general.sampling.min_p", 0.0,
                "general.sampling.penalty_repeat", (double) 1.05f));
        assertThat(read.isEmpty()).isFalse();
        assertThat(read.temperature()).hasValue(0.6);
        assertThat(read.topK()).hasValue(20);
        assertThat(read.text()).isEqualTo("temperature 0.6, top_p 0.95, top_k 20, min_p 0, repetition_penalty 1.05");
    }

    @Test
    void negativeTopKSwitchesItOff() {
        assertThat(RecommendedSampling.of(Map.of("general.sampling.top_k", -1L)).topK())
                .hasValue(0);
    }

    @ParameterizedTest
    @CsvSource({
        "temp, -0.5",
        "temp, 2.5",
        "temp, NaN",
        "top_p, 0",
        "top_p, 1.5",
        "min_p, -1",
        "min_p, 2",
        "penalty_repeat, 0",
        "penalty_repeat, 11"
    })
    void valueOutOfRangeIsNamedAndIgnored(String name, double value) {
        RecommendedSampling read = RecommendedSampling.of(Map.of("general.sampling." + name, value));
        assertThat(read.isEmpty()).isTrue();
        assertThat(read.unusable()).containsExactly("general.sampling." + name + " = " + value);
    }

    @Test
    void valueOfWrongTypeIsNamedAndIgnored() {
        RecommendedSampling read =
                RecommendedSampling.of(Map.of("general.sampling.top_k", "many", "general.sampling.temp", true));
        assertThat(read.isEmpty()).isTrue();
        assertThat(read.unusable())
                .containsExactlyInAnyOrder("general.sampling.temp = true", "general.sampling.top_k = many");
    }
}
