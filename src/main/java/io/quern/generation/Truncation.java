package io.quern.generation;

/**
 * Says which unlikely tokens are never chosen.
 *
 * @param topP nucleus sampling: keeps the smallest set of tokens whose probabilities add up to this; over 0, up to 1
 *     (off)
 * @param topK number of most likely tokens to keep; 0: off
 * @param minP drops tokens whose probability is below this share of the most likely one's; 0 (off) to 1
 * @param typicalP locally typical sampling: keeps the tokens whose surprise is closest to the expected one until their
 *     probabilities add up to this; over 0, up to 1 (off)
 */
public record Truncation(double topP, int topK, double minP, double typicalP) {
    public static final Truncation NONE = new Truncation(1, 0, 0, 1);

    public Truncation {
        Ranges.requireShare("top_p", topP);
        if (topK < 0) {
            throw new InvalidRequestException("top_k", "must be 0 (off) or positive, but is " + topK);
        }
        Ranges.requireWithin("min_p", minP, 0, 1);
        Ranges.requireShare("typical_p", typicalP);
    }

    /** Creates a truncation without typical sampling. */
    public Truncation(double topP, int topK, double minP) {
        this(topP, topK, minP, 1);
    }
}
