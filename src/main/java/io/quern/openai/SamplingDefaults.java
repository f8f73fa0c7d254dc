package io.quern.openai;

import io.quern.model.RecommendedSampling;

/**
 * The sampling of requests that say nothing about it: what the model's file recommends; otherwise, everything but the
 * temperature is off.
 *
 * @param topK 0: off
 */
record SamplingDefaults(double temperature, double topP, int topK, double minP, double repetitionPenalty) {
    /** Returns the defaults for a model that recommends nothing. */
    static SamplingDefaults of(double temperature) {
        return new SamplingDefaults(temperature, 1, 0, 0, 1);
    }

    /** Returns the same with what a model recommends. */
    SamplingDefaults with(RecommendedSampling model) {
        return new SamplingDefaults(
                model.temperature().orElse(temperature),
                model.topP().orElse(topP),
                model.topK().orElse(topK),
                model.minP().orElse(minP),
                model.repetitionPenalty().orElse(repetitionPenalty));
    }
}
