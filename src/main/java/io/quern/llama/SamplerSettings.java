package io.quern.llama;

/**
 * Describes how the next token is picked. The values are used as they are; the caller checks their ranges.
 *
 * @param temperature 0 picks the most likely token
 * @param topK 0 for off
 * @param topP 1 for off
 * @param minP 0 for off
 * @param typicalP 1 for off
 * @param presencePenalty over the generated tokens; 0 for off
 * @param frequencyPenalty over the generated tokens; 0 for off
 * @param repetitionPenalty over prompt and generated tokens; 1 for off
 */
public record SamplerSettings(
        float temperature,
        int topK,
        float topP,
        float minP,
        float typicalP,
        float presencePenalty,
        float frequencyPenalty,
        float repetitionPenalty,
        long seed) {

    /** Below this value, dividing large logits by the temperature would overflow. */
    private static final float GREEDY_BELOW = 1e-5f;

    /** Creates settings without typical sampling. */
    public SamplerSettings(
            float temperature,
            int topK,
            float topP,
            float minP,
            float presencePenalty,
            float frequencyPenalty,
            float repetitionPenalty,
            long seed) {
        this(temperature, topK, topP, minP, 1, presencePenalty, frequencyPenalty, repetitionPenalty, seed);
    }

    boolean penalises() {
        return repetitionPenalty != 1 || frequencyPenalty != 0 || presencePenalty != 0;
    }

    boolean greedy() {
        return temperature < GREEDY_BELOW;
    }
}
