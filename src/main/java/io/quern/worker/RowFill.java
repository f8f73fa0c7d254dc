package io.quern.worker;

import java.util.BitSet;

/**
 * Decides which slots take part in a batch of single tokens besides those with a live sequence, so that each row is
 * computed in the same way whatever the others are. llama.cpp computes the rows of consecutive slots together, so each
 * run of such slots must have the right length. Pure.
 *
 * @param multiple the length of each run is a multiple of this
 * @param least the least length of a run
 */
record RowFill(int multiple, int least) {
    /** Adds no slots. */
    static final RowFill NONE = new RowFill(1, 1);

    /** Returns the fill for a worker. A few slots never have so many rows that it matters. */
    static RowFill of(int multiple, int least, int slots) {
        return new RowFill(slots < multiple ? 1 : Math.max(1, multiple), slots < least ? 1 : Math.max(1, least));
    }

    /** Returns whether the results of a batch depend on the number of rows that have it. */
    boolean needed() {
        return multiple > 1 || least > 1;
    }

    /**
     * Returns whether several prompts may share a batch. Their shortest pieces have two tokens, so with more than that
     * their rows would not have the right number, however few slots there are.
     */
    static boolean mayJoinPrompts(int multiple, int least) {
        return multiple <= 1 && least <= 2;
    }

    /**
     * Returns the slots of the batch.
     *
     * @param live the slots with a live sequence
     * @param slots the number of slots: a multiple of the length of runs, or all texts may differ
     */
    BitSet rows(BitSet live, int slots) {
        BitSet rows = (BitSet) live.clone();
        if (multiple > 1) {
            for (int slot = live.nextSetBit(0); slot >= 0; slot = live.nextSetBit(slot + 1)) {
                int begin = slot / multiple * multiple;
                rows.set(begin, Math.min(slots, begin + multiple));
            }
        }
        for (int begin = rows.nextSetBit(0); begin >= 0; ) {
            int end = rows.nextClearBit(begin);
            while (end - begin < least) {
                if (end < slots) {
                    rows.set(end);
                    end = rows.nextClearBit(end);
                } else {
                    begin--;
                    rows.set(begin);
                }
            }
            begin = rows.nextSetBit(end);
        }
        return rows;
    }
}
