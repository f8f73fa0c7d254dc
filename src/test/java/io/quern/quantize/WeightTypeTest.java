package io.quern.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import java.util.Arrays;
import org.junit.jupiter.api.Test;

class WeightTypeTest {
    @Test
    void nameIsReadInAnyCase() {
        assertThat(WeightType.of("Q4_K_M")).isSameAs(WeightType.Q4_K_M);
        assertThat(WeightType.of("q4-0")).isSameAs(WeightType.Q4_0);
        assertThat(Arrays.stream(WeightType.values()))
                .allSatisfy(type -> assertThat(WeightType.of(type.toString())).isSameAs(type));
    }

    @Test
    void unknownNameGetsTheNearestOnes() {
        refused("q5_k_n", "There is no type \"q5_k_n\". The nearest: q5_k_m, q5_k_s, ");
        refused("", "There is no type \"\". The nearest: ");
    }

    @Test
    void typeThatNeedsAnImportanceMatrixSaysSo() {
        refused("iq2_xs", "\"iq2_xs\" needs an importance matrix, which Quern cannot make.");
    }

    private static void refused(String name, String message) {
        assertThatExceptionOfType(IllegalArgumentException.class)
                .isThrownBy(() -> WeightType.of(name))
                .withMessageStartingWith(message);
    }
}
