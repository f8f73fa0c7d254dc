package io.quern.pool;

import java.util.List;

/**
 * The part of an answer that another worker has delivered; the next worker resumes after it.
 *
 * @param tokens the delivered tokens, in order; empty for a request that begins
 * @param prefill whether the worker recomputes them at once with the prompt. This is much faster than one by one, but
 *     uses other kernels, so the rest of the text may differ
 * @param kept state that need not be recomputed
 */
public record Replay(List<Integer> tokens, boolean prefill, KeptState kept) {
    public static final Replay NOTHING = new Replay(List.of(), false, KeptState.NOTHING);
}
