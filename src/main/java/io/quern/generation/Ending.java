package io.quern.generation;

import java.util.List;

/**
 * Says when an answer ends.
 *
 * @param maxTokens upper bound of generated tokens; 0: until the context is full
 * @param minTokens as long as there are fewer tokens, nothing but {@code maxTokens} ends the answer: the model cannot
 *     choose its end-of-generation tokens or {@code stopTokens}, and stop strings are ignored
 * @param stop strings that end the answer; at most {@value #MAX_STOP_STRINGS}, none empty
 * @param stopTokens tokens that end the answer; at most {@value #MAX_STOP_TOKENS}
 * @param includeStop whether the stop string or stop token is part of the answer
 * @param ignoreEos whether to continue after the model's end-of-generation token, for measurements
 */
public record Ending(
        int maxTokens,
        int minTokens,
        List<String> stop,
        List<Integer> stopTokens,
        boolean includeStop,
        boolean ignoreEos) {

    /** OpenAI allows 4. More do no harm, but some bound is needed. */
    public static final int MAX_STOP_STRINGS = 16;

    /** Characters of a stop string. */
    public static final int MAX_STOP_LENGTH = 1000;

    public static final int MAX_STOP_TOKENS = 256;

    /** The answer ends with the model's end-of-generation token or with the context. */
    public static final Ending BY_MODEL = new Ending(0, List.of(), false);

    public Ending {
        if (maxTokens < 0) {
            throw new InvalidRequestException("max_tokens", "must be positive, but is " + maxTokens);
        }
        if (minTokens < 0) {
            throw new InvalidRequestException("min_tokens", "must not be negative, but is " + minTokens);
        }
        if (maxTokens > 0 && minTokens > maxTokens) {
            throw new InvalidRequestException(
                    "min_tokens", "must be at most max_tokens (" + maxTokens + "), but is " + minTokens);
        }
        stop = List.copyOf(stop);
        stopTokens = List.copyOf(stopTokens);
        Ranges.requireAtMost("stop", stop.size(), MAX_STOP_STRINGS, "strings");
        for (String s : stop) {
            if (s.isEmpty() || s.length() > MAX_STOP_LENGTH) {
                throw new InvalidRequestException(
                        "stop",
                        "must contain strings of 1 to " + MAX_STOP_LENGTH + " characters, but one has " + s.length());
            }
        }
        Ranges.requireAtMost("stop_token_ids", stopTokens.size(), MAX_STOP_TOKENS, "tokens");
    }

    /** Creates an ending without a minimum and without stop tokens. */
    public Ending(int maxTokens, List<String> stop, boolean ignoreEos) {
        this(maxTokens, 0, stop, List.of(), false, ignoreEos);
    }
}
