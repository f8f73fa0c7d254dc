package io.quern.generation;

import java.util.List;
import java.util.Map;

/**
 * Rules for single tokens. The worker refuses tokens that are not in the vocabulary.
 *
 * @param bias by token: what is added to its logit, -100 to 100; at most {@value #MAX_BIASES}
 * @param badWords texts that the answer must not contain as tokens, neither at the beginning of a word nor inside one;
 *     at most {@value #MAX_BAD_WORDS}, none empty
 */
public record TokenRules(Map<Integer, Double> bias, List<String> badWords) {
    public static final TokenRules NONE = new TokenRules(Map.of(), List.of());

    /** OpenAI's limit is 300; vLLM has none. */
    public static final int MAX_BIASES = 1024;

    public static final int MAX_BAD_WORDS = 256;

    /** Characters of a bad word. */
    public static final int MAX_BAD_WORD_LENGTH = 200;

    public static final double MAX_BIAS = 100;

    public TokenRules {
        bias = Map.copyOf(bias);
        badWords = List.copyOf(badWords);
        Ranges.requireAtMost("logit_bias", bias.size(), MAX_BIASES, "tokens");
        bias.forEach((token, value) -> Ranges.requireWithin("logit_bias." + token, value, -MAX_BIAS, MAX_BIAS));
        Ranges.requireAtMost("bad_words", badWords.size(), MAX_BAD_WORDS, "texts");
        for (int i = 0; i < badWords.size(); i++) {
            int length = badWords.get(i).length();
            if (length == 0 || length > MAX_BAD_WORD_LENGTH) {
                throw new InvalidRequestException(
                        "bad_words[" + i + "]",
                        "must have 1 to " + MAX_BAD_WORD_LENGTH + " characters, but has " + length);
            }
        }
    }
}
