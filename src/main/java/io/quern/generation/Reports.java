package io.quern.generation;

import java.util.OptionalInt;

/**
 * Says what an answer contains beside its text.
 *
 * @param logprobs number of most likely tokens to report for each generated token, 0 to {@value #MAX_LOGPROBS}; the
 *     chosen token is always reported. Empty: no log probabilities
 * @param promptLogprobs the same for each token of the prompt. Such a request computes its whole prompt, in small
 *     pieces, and reuses no cached prefix
 * @param specialTokens whether the text contains control tokens as the vocabulary spells them
 * @param lengths whether the length of each token's text is reported
 */
public record Reports(OptionalInt logprobs, OptionalInt promptLogprobs, boolean specialTokens, boolean lengths) {
    public static final int MAX_LOGPROBS = 20;

    public static final Reports NONE = new Reports(OptionalInt.empty(), OptionalInt.empty(), false);

    /** Reports no lengths. */
    public Reports(OptionalInt logprobs, OptionalInt promptLogprobs, boolean specialTokens) {
        this(logprobs, promptLogprobs, specialTokens, false);
    }

    public Reports {
        logprobs.ifPresent(count -> Ranges.requireWithin("logprobs", count, 0, MAX_LOGPROBS));
        promptLogprobs.ifPresent(count -> Ranges.requireWithin("prompt_logprobs", count, 0, MAX_LOGPROBS));
    }
}
