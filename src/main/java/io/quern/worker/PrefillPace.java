package io.quern.worker;

/**
 * How much of a prompt fits into what is left of a step, from how long prefilling has taken lately. Hand-fed with times, so
 * pure.
 *
 * <p>The sizes it gives keep results independent of timing. Measured with llama.cpp v0.5.0's CPU backend without flash
 * attention: logits and cache are bit for bit the same however a prompt is cut, except where a piece of a longer prompt is
 * one token long, because one token alone takes the matrix-by-vector kernels. So no piece is ever one token, unless the
 * prompt is; and pieces begin at multiples of {@value #GRAIN}, as kernels work on rows in groups of up to that many.
 */
final class PrefillPace {
    static final int GRAIN = 8;

    /** Share of the newest measurement: a change is followed in a few steps, a hiccup does not matter for long. */
    private static final double WEIGHT = 0.3;

    private final int maxChunk;
    private double microsPerToken;

    /** @param maxChunk most tokens in a piece; a multiple of the grain */
    PrefillPace(int maxChunk, double microsPerToken) {
        this.maxChunk = maxChunk;
        this.microsPerToken = microsPerToken;
    }

    /**
     * The next piece of a prompt.
     *
     * @param remaining tokens of the prompt, at least 1
     * @param micros left of the step
     * @return at least the smallest piece, however little time there is
     */
    int chunk(int remaining, long micros) {
        double fitting = Math.min(maxChunk, Math.max(GRAIN, micros / microsPerToken));
        int chunk = (int) fitting / GRAIN * GRAIN;
        if (chunk >= remaining) {
            return remaining;
        }
        if (remaining - chunk == 1) {
            return chunk > GRAIN ? chunk - GRAIN : remaining;
        }
        return chunk;
    }

    /** Whether another smallest piece would fit into this time. */
    boolean fits(long micros) {
        return micros >= GRAIN * microsPerToken;
    }

    /** What this many tokens will take. */
    long micros(int tokens) {
        return (long) (tokens * microsPerToken);
    }

    void measured(int tokens, long micros) {
        microsPerToken += WEIGHT * ((double) micros / tokens - microsPerToken);
    }
}
