package io.quern.weights;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import org.junit.jupiter.api.Test;

class LogProbabilitiesTest {
    @Test
    void logitsBecomeProbabilities() {
        float[] logits = {1000, 1000, (float) (1000 + Math.log(2))};
        assertThat(LogProbabilities.normalise(logits)).isEqualTo(2);
        assertThat(Math.exp(logits[0])).isCloseTo(0.25, within(1e-4));
        assertThat(Math.exp(logits[2])).isCloseTo(0.5, within(1e-4));
    }

    @Test
    void excludedTokensHaveNoProbability() {
        float[] logits = {0, Float.NEGATIVE_INFINITY};
        assertThat(LogProbabilities.normalise(logits)).isZero();
        assertThat(logits[0]).isZero();
    }

    @Test
    void divergenceFromItselfIsNearlyZero() {
        float[] logits = {3, 1, -2, 7};
        LogProbabilities.normalise(logits);
        LogProbabilities kept = new LogProbabilities(1);
        kept.put(0, logits);
        assertThat(kept.divergence(0, logits)).isCloseTo(0, within(1e-3));
    }

    @Test
    void divergenceIsThatOfTheDefinition() {
        float[] even = {0, 0};
        LogProbabilities.normalise(even);
        LogProbabilities kept = new LogProbabilities(1);
        kept.put(0, even);
        float[] other = {(float) Math.log(3), 0};
        LogProbabilities.normalise(other);
        double expected = 0.5 * Math.log(0.5 / 0.75) + 0.5 * Math.log(0.5 / 0.25);
        assertThat(kept.divergence(0, other)).isCloseTo(expected, within(1e-3));
    }
}
