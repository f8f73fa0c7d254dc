package io.quern.generation;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A token and its probability.
 *
 * @param token its number in the vocabulary
 * @param bytes what it stands for, which may be part of a character; control tokens as the vocabulary spells them. Do
 *     not modify the array
 * @param logprob natural logarithm of its probability: log-softmax of the model's logits as they are, before penalties,
 *     biases, temperature, truncation and grammar. NaN for the first token of a prompt, which follows nothing
 * @param top the most likely tokens at this place, most likely first; they have no {@code top} of their own
 * @param rank 1 for the most likely token at this place; 0: unknown
 */
public record TokenLogprob(int token, byte[] bytes, float logprob, List<TokenLogprob> top, int rank) {
    public TokenLogprob {
        top = List.copyOf(top);
    }

    /** Creates a token of unknown rank. */
    public TokenLogprob(int token, byte[] bytes, float logprob, List<TokenLogprob> top) {
        this(token, bytes, logprob, top, 0);
    }

    /** Returns the same with at most so many of the most likely tokens. */
    public TokenLogprob withTop(int most) {
        return top.size() <= most ? this : new TokenLogprob(token, bytes, logprob, top.subList(0, most), rank);
    }

    /** Returns the bytes as text. Bytes of incomplete characters become U+FFFD. */
    public String text() {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** Returns false for the first token of a prompt. */
    public boolean hasLogprob() {
        return !Float.isNaN(logprob);
    }

    @Override
    public boolean equals(Object other) {
        return other instanceof TokenLogprob that
                && token == that.token
                && Arrays.equals(bytes, that.bytes)
                && Float.compare(logprob, that.logprob) == 0
                && top.equals(that.top)
                && rank == that.rank;
    }

    @Override
    public int hashCode() {
        return 31 * token + Float.hashCode(logprob);
    }

    @Override
    public String toString() {
        return token + " " + text() + " " + logprob + (top.isEmpty() ? "" : " " + top);
    }
}
