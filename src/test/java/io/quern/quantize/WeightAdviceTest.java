package io.quern.quantize;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.quern.model.WeightShare;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The times are those of an AVX-512 processor, in microseconds, unless a test says otherwise. */
class WeightAdviceTest {
    private static final WeightShare Q4_1 = share(3, "Q4_1", 5);
    private static final WeightShare BF16 = share(30, "BF16", 16);
    private static final int Q4_0 = 2;
    private static final int Q8_0 = 8;
    private static final int Q4_K = 12;
    private static final int Q6_K = 14;

    @Test
    void slowTypeGetsTheFastestOne() {
        assertThat(WeightAdvice.of(List.of(Q4_1), times(Map.of(3, 7300, Q4_0, 3260, Q8_0, 6016))))
                .hasValueSatisfying(advice -> {
                    assertThat(advice.better()).isEqualTo(WeightType.Q4_0);
                    assertThat(advice.few()).isCloseTo(2.2, within(0.1));
                    assertThat(advice.text("quern"))
                            .startsWith("Q4_1 weights are slow on this processor: products with q4_0 are 2.2 times")
                            .endsWith("quern quantize IN OUT --type q4_0");
                });
    }

    @Test
    void typeThatLosesLessWinsIfNearlyAsFast() {
        assertThat(WeightAdvice.of(
                        List.of(BF16), times(Map.of(30, 7900, Q4_0, 3200, Q8_0, 6000, Q4_K, 3000, Q6_K, 4000))))
                .hasValueSatisfying(advice -> assertThat(advice.better()).isEqualTo(WeightType.Q4_K_M));
    }

    @Test
    void smallGainIsNotWorthTheLoss() {
        assertThat(WeightAdvice.of(List.of(Q4_1), times(Map.of(3, 4000, Q4_0, 3000, Q8_0, 3000))))
                .isEmpty();
    }

    @Test
    void typeWithMoreBitsIsNeverAdvised() {
        assertThat(WeightAdvice.of(List.of(Q4_1), times(Map.of(3, 7000, Q4_0, 7000, Q8_0, 1000))))
                .isEmpty();
    }

    @Test
    void fastTypeGetsNoAdvice() {
        assertThat(WeightAdvice.of(List.of(share(Q4_0, "Q4_0", 4.5)), times(Map.of(Q4_0, 3200, Q8_0, 6000))))
                .isEmpty();
    }

    @Test
    void typesThatWereNotMeasuredAreLeftOut() {
        assertThat(WeightAdvice.of(List.of(Q4_1), List.of())).isEmpty();
        assertThat(WeightAdvice.of(List.of(Q4_1), times(Map.of(Q4_0, 3200)))).isEmpty();
    }

    @Test
    void rareTypesDoNotCount() {
        WeightShare rare = new WeightShare(14, "Q6_K", 10, 256, 256, 6.6);
        assertThat(WeightAdvice.of(List.of(Q4_1, rare), times(Map.of(3, 7300, Q4_0, 3260))))
                .hasValueSatisfying(advice -> assertThat(advice.current()).isEqualTo("Q4_1"));
    }

    private static WeightShare share(int type, String name, double bits) {
        return new WeightShare(type, name, 1_000_000, 576, 1536, bits);
    }

    private static List<KernelTime> times(Map<Integer, Integer> micros) {
        List<KernelTime> times = new ArrayList<>();
        micros.forEach((type, time) -> {
            times.add(new KernelTime(type, WeightAdvice.FEW, time * 1000L, false));
            times.add(new KernelTime(type, WeightAdvice.MANY, time * 4000L, false));
        });
        return times;
    }
}
