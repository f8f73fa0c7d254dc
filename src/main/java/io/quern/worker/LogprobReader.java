package io.quern.worker;

import com.google.protobuf.ByteString;
import io.quern.llama.Vocabulary;
import io.quern.wire.Logprob;

/**
 * Computes log probabilities: the natural logarithm of the softmax over the model's own logits. Any thread may use it.
 *
 * @param top number of most likely tokens to report
 */
record LogprobReader(Vocabulary vocabulary, int top) {
    /** A token that is so much less likely than the most likely one adds nothing to the sum. */
    private static final float NEGLIGIBLE = -60;

    /** Returns the log probability and the rank of a token, with the most likely ones. */
    Logprob read(float[] logits, int token) {
        float max = Float.NEGATIVE_INFINITY;
        int rank = 1;
        for (float logit : logits) {
            max = Math.max(max, logit);
            rank += logit > logits[token] ? 1 : 0;
        }
        double sum = 0;
        for (float logit : logits) {
            float difference = logit - max;
            if (difference > NEGLIGIBLE) {
                sum += Math.exp(difference);
            }
        }
        double normaliser = max + Math.log(sum);
        Logprob.Builder entry = entry(token, logits[token] - normaliser).setRank(rank);
        for (int likely : mostLikely(logits)) {
            entry.addTop(entry(likely, logits[likely] - normaliser));
        }
        return entry.build();
    }

    /** Returns the entry of a token that follows nothing. */
    Logprob first(int token) {
        return entry(token, Double.NaN).build();
    }

    private Logprob.Builder entry(int token, double logprob) {
        return Logprob.newBuilder()
                .setToken(token)
                .setText(ByteString.copyFrom(vocabulary.spelled(token)))
                .setLogprob((float) logprob);
    }

    /** Returns the tokens with the highest logits, highest first; of equal ones the lowest token first. */
    private int[] mostLikely(float[] logits) {
        int[] best = new int[Math.min(top, logits.length)];
        int found = 0;
        for (int token = 0; token < logits.length && best.length > 0; token++) {
            if (found == best.length && logits[token] <= logits[best[found - 1]]) {
                continue;
            }
            int at = found < best.length ? found++ : found - 1;
            for (; at > 0 && logits[best[at - 1]] < logits[token]; at--) {
                best[at] = best[at - 1];
            }
            best[at] = token;
        }
        return best;
    }
}
