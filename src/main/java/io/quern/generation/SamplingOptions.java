package io.quern.generation;

/**
 * Says how the next token is chosen from the model's distribution. Defaults and ranges are those of the OpenAI API;
 * options that OpenAI does not have use vLLM's names.
 *
 * @param temperature 0 (greedy: always the most likely token) to 2
 * @param topP nucleus sampling: keeps the smallest set of tokens whose probabilities add up to this; over 0, up to 1
 *     (off)
 * @param topK number of most likely tokens to keep; 0: off
 * @param minP drops tokens whose probability is below this share of the most likely one's; 0 (off) to 1
 * @param presencePenalty -2 to 2; subtracted once from the logit of each token generated so far
 * @param frequencyPenalty -2 to 2; subtracted from the logit for each occurrence among the generated tokens
 * @param repetitionPenalty over 0, up to 10; divides positive logits (multiplies negative ones) of tokens in prompt or
 *     output; 1: off
 * @param seed start of the random numbers; each depends only on seed and position, so another worker can continue a
 *     stream with the same tokens
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
            throw new InvalidRequestException("top_p", "must be greater than 0 and at most 1, but is 0");
        }
        if (topK < 0) {
            throw new InvalidRequestException("top_k", "must be 0 (off) or positive, but is " + topK);
        }
        requireWithin("min_p", minP, 0, 1);
        requireWithin("presence_penalty", presencePenalty, -2, 2);
        requireWithin("frequency_penalty", frequencyPenalty, -2, 2);
        if (!(repetitionPenalty > 0 && repetitionPenalty <= 10)) {
            throw new InvalidRequestException(
                    "repetition_penalty", "must be greater than 0 and at most 10, but is " + plain(repetitionPenalty));
        }
    }

    /** Returns options that always choose the most likely token. */
    public static SamplingOptions greedy() {
        return new SamplingOptions(0, 1, 0, 0, 0, 0, 1, 0);
    }

    /** Returns options with a temperature and a seed, and everything else off. */
    public static SamplingOptions seeded(double temperature, long seed) {
        return new SamplingOptions(temperature, 1, 0, 0, 0, 0, 1, seed);
    }

    private static void requireWithin(String name, double value, double min, double max) {
        // the condition is negated so that NaN fails too
        if (!(value >= min && value <= max)) {
            throw new InvalidRequestException(
                    name, "must be between " + plain(min) + " and " + plain(max) + ", but is " + plain(value));
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
