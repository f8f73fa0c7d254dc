package io.quern.generation;

/**
 * How the next token is picked from the model's distribution. Defaults and ranges are those of the OpenAI API, with vLLM's
 * names for what that API lacks.
 *
 * @param temperature 0 (greedy: the most likely token, no randomness) to 2
 * @param topP nucleus: the smallest set of tokens whose probabilities add up to this; over 0, up to 1 (off)
 * @param topK the most likely tokens that stay in; 0: off
 * @param minP tokens below this share of the most likely one's probability drop out; 0 (off) to 1
 * @param presencePenalty -2 to 2, taken once off the logit of each token generated so far
 * @param frequencyPenalty -2 to 2, taken off the logit per occurrence among the generated tokens
 * @param repetitionPenalty over 0; divides positive logits (multiplies negative ones) of tokens in prompt or output; 1: off
 * @param seed randomness is a function of (seed, position) alone, so a stream can go on elsewhere with the same tokens
 */
public record SamplingOptions(
        double temperature,
        double topP,
        int topK,
        double minP,
        double presencePenalty,
        double frequencyPenalty,
        double repetitionPenalty,
        long seed) {

    public static final double MAX_TEMPERATURE = 2.0;

    public SamplingOptions {
        requireWithin("temperature", temperature, 0, MAX_TEMPERATURE);
        requireWithin("top_p", topP, 0, 1);
        if (topP == 0) {
            throw new InvalidRequestException("top_p", "must be greater than 0 and at most 1, is 0");
        }
        if (topK < 0) {
            throw new InvalidRequestException("top_k", "must be 0 (off) or positive, is " + topK);
        }
        requireWithin("min_p", minP, 0, 1);
        requireWithin("presence_penalty", presencePenalty, -2, 2);
        requireWithin("frequency_penalty", frequencyPenalty, -2, 2);
        if (!(repetitionPenalty > 0 && repetitionPenalty <= 10)) {
            throw new InvalidRequestException(
                    "repetition_penalty", "must be greater than 0 and at most 10, is " + plain(repetitionPenalty));
        }
    }

    public static SamplingOptions greedy() {
        return new SamplingOptions(0, 1, 0, 0, 0, 0, 1, 0);
    }

    public static SamplingOptions seeded(double temperature, long seed) {
        return new SamplingOptions(temperature, 1, 0, 0, 0, 0, 1, seed);
    }

    private static void requireWithin(String name, double value, double min, double max) {
        // written so that NaN fails too
        if (!(value >= min && value <= max)) {
            throw new InvalidRequestException(
                    name, "must be between " + plain(min) + " and " + plain(max) + ", is " + plain(value));
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
