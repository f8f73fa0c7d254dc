package io.quern.worker;

import io.quern.llama.SamplerSettings;
import io.quern.wire.Sampling;

/**
 * Converts a request's sampling parameters to llama.cpp's floats. Rounding never yields a value that disables a
 * parameter: a top_p of 1e-46 stays above 0, and one of 0.99999999999 stays below 1. Pure.
 */
final class SamplingFrame {
    private static final float OFF = 1;

    /**
     * Lower bound of the repetition penalty. Logits are divided by it and later by the temperature. Below this bound
     * they could exceed the range of a float and become NaN. The bound does not change answers, since repeated tokens
     * have all the probability by then.
     */
    private static final float SMALLEST_PENALTY = 1e-20f;

    private SamplingFrame() {}

    static SamplerSettings settings(Sampling sampling) {
        return new SamplerSettings(
                narrow(sampling.getTemperature()),
                sampling.getTopK(),
                sampling.hasTopP() ? narrow(sampling.getTopP()) : OFF,
                narrow(sampling.getMinP()),
                sampling.hasTypicalP() ? narrow(sampling.getTypicalP()) : OFF,
                narrow(sampling.getPresencePenalty()),
                narrow(sampling.getFrequencyPenalty()),
                sampling.hasRepetitionPenalty()
                        ? Math.max(SMALLEST_PENALTY, narrow(sampling.getRepetitionPenalty()))
                        : OFF,
                sampling.getSeed());
    }

    /** Returns the nearest float that is 0 or 1 only if the value is. */
    private static float narrow(double value) {
        float nearest = (float) value;
        if (nearest == value || nearest != 0 && nearest != 1) {
            return nearest;
        }
        return value > nearest ? Math.nextUp(nearest) : Math.nextDown(nearest);
    }
}
