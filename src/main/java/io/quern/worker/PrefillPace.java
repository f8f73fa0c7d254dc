package io.quern.worker;

/**
 * Estimates from recent prefill times how much of a prompt fits into the rest of a step. Pure: callers pass all times.
 *
 * <p>Its sizes keep results independent of timing. Measured with llama.cpp v0.5.0's CPU backend without flash
 * attention: logits and cache are bit for bit the same for every way to cut a prompt, unless a piece of a longer prompt
 * has only one token, which uses the matrix-by-vector kernels. So a piece has one token only if the prompt has one.
 * Kernels process rows in groups, some of up to {@value #GRAIN}, and Q4_K differs unless pieces begin at multiples of
 * {@value #SMALLEST}. So pieces have multiples of {@value #GRAIN} tokens, and {@value #SMALLEST} if there is no time
 * for more: deep in a long prompt, attention makes even that few tokens dear.
 */
final class PrefillPace {
    static final int GRAIN = 8;

    private static final int SMALLEST = 4;

    private static final int LARGE = 2 * GRAIN;

    /** What a piece costs besides its tokens, in tokens: measured, 4 tokens take about 0.6 times as long as 8. */
    private static final int FIXED = 2;

    /** Weight of the newest measurement: it follows a change within a few steps, and soon forgets a single delay. */
    private static final double WEIGHT = 0.3;

    private final int maxChunk;
    private double microsPerToken;

    /** @param maxChunk most tokens in a piece; a multiple of the grain */
    PrefillPace(int maxChunk, double microsPerToken) {
        this.maxChunk = maxChunk;
        this.microsPerToken = microsPerToken;
    }

    /**
     * Returns the size of the next piece of a prompt.
     *
     * @param remaining remaining tokens of the prompt, at least 1
     * @param micros remaining microseconds of the step
     * @return tokens; at least the smallest piece, even without time
     */
    int chunk(int remaining, long micros) {
        double fitting = Math.min(maxChunk, micros / microsPerToken);
        return cut(remaining, fitting < GRAIN ? SMALLEST : (int) fitting / GRAIN * GRAIN);
    }

    /** Returns the size of the next piece of a prompt if its size must not depend on the time: about one grain. */
    int grain(int remaining) {
        return cut(remaining, GRAIN);
    }

    private static int cut(int remaining, int chunk) {
        if (chunk >= remaining) {
            return remaining;
        }
        if (remaining - chunk == 1) {
            return chunk > GRAIN ? chunk - GRAIN : remaining;
        }
        return chunk;
    }

    /** Returns whether another grain fits into this time. */
    boolean fits(long micros) {
        return micros >= GRAIN * microsPerToken;
    }

    /** Returns the expected time for this many tokens, in microseconds. */
    long micros(int tokens) {
        return (long) (tokens * microsPerToken);
    }

    /**
     * Records how long pieces took together. A token of a small piece costs more than one of a larger piece, so a small
     * piece counts as if it had {@value #LARGE} tokens. Otherwise a prompt whose pieces were small once, because of a
     * delay, would keep them small.
     */
    void measured(int tokens, long micros) {
        double counted = tokens < LARGE ? (double) micros * (LARGE + FIXED) / (tokens + FIXED) : micros;
        microsPerToken += WEIGHT * (counted / Math.max(tokens, LARGE) - microsPerToken);
    }
}
