package io.quern.llama;

/**
 * How the next token is picked; the values are taken as they are, their ranges are the caller's to check.
 *
 * @param temperature 0: the most likely token
 * @param topK 0: off
 * @param topP 1: off
 * @param minP 0: off
 * @param presencePenalty over the generated tokens; 0: off
 * @param frequencyPenalty over the generated tokens; 0: off
 * @param repetitionPenalty over prompt and generated tokens; 1: off
 */
public record SamplerSettings(
        float temperature,
        int topK,
        float topP,
        float minP,
        float presencePenalty,
        float frequencyPenalty,
        float repetitionPenalty,
        long seed) {

    /** Below this a division by the temperature would overflow where logits are large. */
    private static final float GREEDY_BELOW = 1e-5f;

    boolean greedy() {
        return temperature < GREEDY_BELOW;
    }
}
