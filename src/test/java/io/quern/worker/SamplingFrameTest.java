package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.llama.SamplerSettings;
import io.quern.wire.Sampling;
import org.junit.jupiter.api.Test;

class SamplingFrameTest {
    private static final double TOO_SMALL_FOR_A_FLOAT = 1e-46;

    @Test
    void absentParametersAreOff() {
        assertThat(SamplingFrame.settings(Sampling.getDefaultInstance()))
                .isEqualTo(new SamplerSettings(0, 0, 1, 0, 0, 0, 1, 0));
    }

    @Test
    void everyParameterArrives() {
        Sampling sampling = Sampling.newBuilder()
                .setTemperature(0.5)
                .setTopP(0.9)
                .setTopK(40)
                .setMinP(0.05)
                .setPresencePenalty(-0.1)
                .setFrequencyPenalty(0.2)
                .setRepetitionPenalty(1.1)
                .setSeed(-7)
                .build();
        assertThat(SamplingFrame.settings(sampling))
                .isEqualTo(new SamplerSettings(0.5f, 40, 0.9f, 0.05f, -0.1f, 0.2f, 1.1f, -7));
    }

    @Test
    void tinyValuesAreNotOff() {
        for (double tiny : new double[] {TOO_SMALL_FOR_A_FLOAT, Double.MIN_VALUE}) {
            SamplerSettings settings = SamplingFrame.settings(Sampling.newBuilder()
                    .setTemperature(tiny)
                    .setTopP(tiny)
                    .setMinP(tiny)
                    .setPresencePenalty(tiny)
                    .setFrequencyPenalty(-tiny)
                    .setRepetitionPenalty(tiny)
                    .build());
            assertThat(settings.temperature()).isEqualTo(Float.MIN_VALUE);
            assertThat(settings.topP()).isEqualTo(Float.MIN_VALUE);
            assertThat(settings.minP()).isEqualTo(Float.MIN_VALUE);
            assertThat(settings.presencePenalty()).isEqualTo(Float.MIN_VALUE);
            assertThat(settings.frequencyPenalty()).isEqualTo(-Float.MIN_VALUE);
            assertThat(settings.repetitionPenalty()).isEqualTo(1e-20f);
        }
    }

    @Test
    void valuesNextToOneAreNotOff() {
        SamplerSettings settings = SamplingFrame.settings(Sampling.newBuilder()
                .setTopP(0.99999999999)
                .setRepetitionPenalty(1.00000000001)
                .build());
        assertThat(settings.topP()).isLessThan(1);
        assertThat(settings.repetitionPenalty()).isGreaterThan(1);
    }

    @Test
    void negativeZeroIsZero() {
        SamplerSettings settings = SamplingFrame.settings(Sampling.newBuilder()
                .setTemperature(-0.0)
                .setMinP(-0.0)
                .setFrequencyPenalty(-0.0)
                .build());
        assertThat(settings.temperature() == 0).isTrue();
        assertThat(settings.minP() == 0).isTrue();
        assertThat(settings.frequencyPenalty() == 0).isTrue();
    }
}
