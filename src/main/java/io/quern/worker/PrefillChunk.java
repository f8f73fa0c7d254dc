package io.quern.worker;

import java.util.ArrayList;
import java.util.List;

/** The next tokens of a prompt to prefill together. */
record PrefillChunk(Slot slot, int tokens) {

    /**
     * Returns the pieces for one batch, from the prompts that have waited longest: as many as fit into the time and the
     * batch. Pure.
     *
     * <p>A piece of a prompt whose log probabilities are wanted comes first in its batch, so a batch has at most one.
     *
     * <p>llama.cpp first computes the number of tokens that all sequences of a batch have, then the rest of the longer
     * ones. That rest must never be one row, which other kernels would compute (see {@link PrefillPace}). So no two
     * pieces differ in length by one token, and a prompt of a single token gets a batch of its own.
     *
     * @param waiting the waiting sequences, at least one
     * @param several whether a batch may contain pieces of several prompts
     */
    static List<PrefillChunk> next(
            List<Slot> waiting, PrefillPace pace, long micros, int batchTokens, boolean several) {
        List<PrefillChunk> pieces = new ArrayList<>();
        int total = 0;
        for (Slot slot : waiting) {
            if (!pieces.isEmpty() && !pace.fits(micros)) {
                break;
            }
            boolean scored = slot.sequence().scored();
            int left = slot.sequence().untilPause();
            // the logits of a whole piece are large, so it is small
            int tokens = scored ? pace.grain(left) : pace.chunk(left, micros);
            if (!pieces.isEmpty() && scored) {
                continue;
            }
            if (!pieces.isEmpty() && (total + tokens > batchTokens || !agrees(pieces, tokens))) {
                continue;
            }
            pieces.add(new PrefillChunk(slot, tokens));
            total += tokens;
            micros -= pace.micros(tokens);
            if (!several || tokens == 1) {
                break;
            }
        }
        return pieces;
    }

    private static boolean agrees(List<PrefillChunk> pieces, int tokens) {
        return tokens > 1 && pieces.stream().noneMatch(other -> Math.abs(other.tokens - tokens) == 1);
    }
}
