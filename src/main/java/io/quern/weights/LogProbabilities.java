package io.quern.weights;

/**
 * The logarithms of a model's probabilities for the next token, at a number of positions, in 16 bits each. Their error
 * is a two-thousandth, which matters little for probabilities and saves half of the memory. For one thread.
 */
final class LogProbabilities {
    private final short[][] rows;

    LogProbabilities(int positions) {
        rows = new short[positions][];
    }

    /** Normalises logits in place, and returns the index of the largest. */
    static int normalise(float[] logits) {
        int best = 0;
        for (int i = 1; i < logits.length; i++) {
            if (logits[i] > logits[best]) {
                best = i;
            }
        }
        float largest = logits[best];
        double sum = 0;
        for (float logit : logits) {
            sum += Math.exp(logit - largest);
        }
        float subtract = (float) (largest + Math.log(sum));
        for (int i = 0; i < logits.length; i++) {
            logits[i] -= subtract;
        }
        return best;
    }

    /** @param normalised what {@link #normalise} has left */
    void put(int position, float[] normalised) {
        short[] row = new short[normalised.length];
        for (int i = 0; i < row.length; i++) {
            row[i] = Float.floatToFloat16(normalised[i]);
        }
        rows[position] = row;
    }

    /**
     * Returns the Kullback-Leibler divergence of another model's probabilities from these, in nats.
     *
     * @param other what {@link #normalise} has left
     */
    double divergence(int position, float[] other) {
        short[] row = rows[position];
        double sum = 0;
        for (int i = 0; i < row.length; i++) {
            float log = Float.float16ToFloat(row[i]);
            // below this, a probability contributes nothing that could be seen
            if (log > -25) {
                sum += Math.exp(log) * (log - other[i]);
            }
        }
        return Math.max(0, sum);
    }
}
