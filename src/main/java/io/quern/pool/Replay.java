package io.quern.pool;

import java.util.List;

/**
 * What another worker has delivered of a request: this one goes on behind it.
 *
 * @param tokens in their order; empty for a request that begins
 * @param prefill whether they are computed in one go with the prompt: much faster than one by one as they came, by other kernels, so
 *     that what follows may be another text
 * @param kept what need not be computed again
 */
public record Replay(List<Integer> tokens, boolean prefill, KeptState kept) {
    public static final Replay NOTHING = new Replay(List.of(), false, KeptState.NOTHING);
}
