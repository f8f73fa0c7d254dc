package io.quern.worker;

import io.quern.llama.SamplerSettings;
import io.quern.wire.Sampling;

/**
 * Turns a request's sampling parameters into llama.cpp's, which are floats. Rounding never yields the value that switches a parameter off:
 * a top_p of 1e-46 stays over 0, and one of 0.99999999999 stays under 1. Pure.
 */
final class SamplingFrame {
    private static final float OFF = 1;

    /**
     * Logits are divided by the repetition penalty, and later by the temperature. Beyond this bound they could leave the range of a float,
     * and the draw would be among NaN. The answer does not change here any more: the repeated tokens have all the probability already.
     */
    private static final float SMALLEST_PENALTY = 1e-20f;

    private SamplingFrame() {}

    static SamplerSettings settings(Sampling sampling) {
        return new SamplerSettings(
                narrow(sampling.getTemperature()),
                sampling.getTopK(),
                sampling.hasTopP() ? narrow(sampling.getTopP()) : OFF,
                narrow(sampling.getMinP()),
                narrow(sampling.getPresencePenalty()),
                narrow(sampling.getFrequencyPenalty()),
                sampling.hasRepetitionPenalty()
                        ? Math.max(SMALLEST_PENALTY, narrow(sampling.getRepetitionPenalty()))
                        : OFF,
                sampling.getSeed());
    }

    /** The nearest float that is 0 or 1 only if the value is. */
    private static float narrow(double value) {
        float nearest = (float) value;
        if (nearest == value || nearest != 0 && nearest != 1) {
            return nearest;
        }
        return value > nearest ? Math.nextUp(nearest) : Math.nextDown(nearest);
    }
}
