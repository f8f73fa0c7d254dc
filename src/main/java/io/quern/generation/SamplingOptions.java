package io.quern.generation;

import java.util.Objects;

/**
 * Says how the next token is chosen from the model's distribution. Defaults and ranges are those of the OpenAI API;
 * options that OpenAI does not have use vLLM's names.
 *
 * @param temperature 0 (greedy: always the most likely token) to 2
 * @param seed start of the random numbers; each depends only on seed and position, so another worker can continue a
 *     stream with the same tokens
 */
public record SamplingOptions(
        double temperature, Truncation truncation, Penalties penalties, TokenRules rules, long seed) {

    public static final double MAX_TEMPERATURE = 2.0;

    public SamplingOptions {
        Ranges.requireWithin("temperature", temperature, 0, MAX_TEMPERATURE);
        Objects.requireNonNull(truncation);
        Objects.requireNonNull(penalties);
        Objects.requireNonNull(rules);
    }

    /** Creates options without rules for single tokens. */
    public SamplingOptions(
            double temperature,
            double topP,
            int topK,
            double minP,
            double presencePenalty,
            double frequencyPenalty,
            double repetitionPenalty,
            long seed) {
        this(
                temperature,
                new Truncation(topP, topK, minP),
                new Penalties(presencePenalty, frequencyPenalty, repetitionPenalty),
                TokenRules.NONE,
                seed);
    }

    /** Returns options that always choose the most likely token. */
    public static SamplingOptions greedy() {
        return seeded(0, 0);
    }

    /** Returns options with a temperature and a seed, and everything else off. */
    public static SamplingOptions seeded(double temperature, long seed) {
        return new SamplingOptions(temperature, Truncation.NONE, Penalties.NONE, TokenRules.NONE, seed);
    }

    /** Returns the same options with another seed. */
    public SamplingOptions withSeed(long other) {
        return new SamplingOptions(temperature, truncation, penalties, rules, other);
    }
}
