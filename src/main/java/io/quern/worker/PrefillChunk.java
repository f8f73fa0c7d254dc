package io.quern.worker;

import java.util.ArrayList;
import java.util.List;

/** The next tokens of a prompt that are prefilled in one go. */
record PrefillChunk(Slot slot, int tokens) {

    /**
     * The pieces for one batch, of the prompts that have waited longest: as many as fit into the time and the batch. Pure.
     *
     * <p>llama.cpp computes what sequences of a batch have in common by number of tokens in one go, then what the longer ones
     * have more. That rest must never be one row, which other kernels would compute (see {@link PrefillPace}): so no two pieces
     * differ by one token, and a prompt of a single token goes alone.
     *
     * @param waiting at least one
     * @param several whether a batch may hold pieces of several prompts
     */
    static List<PrefillChunk> next(
            List<Slot> waiting, PrefillPace pace, long micros, int batchTokens, boolean several) {
        List<PrefillChunk> pieces = new ArrayList<>();
        int total = 0;
        for (Slot slot : waiting) {
            if (!pieces.isEmpty() && !pace.fits(micros)) {
                break;
            }
            int tokens = pace.chunk(slot.sequence().toPrefill(), micros);
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
