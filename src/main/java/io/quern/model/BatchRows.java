package io.quern.model;

import java.util.Set;

/**
 * The number of rows that a batch must have so that llama.cpp computes each of them by the same kernels, whatever the
 * other rows are. A row is the next token of one sequence. Derived from what is known about the processor kernels of
 * llama.cpp v0.5.0 (docs/internals/exactness.md). Pure.
 *
 * @param multiple the number of rows must be a multiple of this
 * @param least the number of rows must be at least this
 */
public record BatchRows(int multiple, int least) {
    /** Any number of rows will do. */
    public static final BatchRows ANY = new BatchRows(1, 1);

    private static final int FOUR = 4;
    private static final int TWO = 2;

    /** Rearranged for AVX2, they have one kernel for four rows, and another one for each row of the rest. */
    private static final Set<GgmlType> IN_FOURS = Set.of(GgmlType.Q4_K);

    /** llamafile's kernels compute two rows and more, and others compute a single one. */
    private static final Set<GgmlType> IN_TWOS = Set.of(GgmlType.F16, GgmlType.BF16);

    /** Returns the rows that a model needs: {@link #ANY} if its texts are stable anyway, or not even rows would help. */
    public static BatchRows of(GgufMetadata model) {
        if (ModelMemory.of(model).recurrentPerSlot() > 0) {
            // no row can be added to a sequence and removed again
            return ANY;
        }
        boolean fours = ModelMatrices.types(model).anyMatch(IN_FOURS::contains);
        boolean twos = ModelMatrices.types(model).anyMatch(IN_TWOS::contains) || ModelMatrices.hasFloatRouter(model);
        return new BatchRows(fours ? FOUR : 1, twos ? TWO : 1);
    }

    /**
     * Returns the rows that a worker's batches have.
     *
     * @param wanted whether a worker may add rows to its batches
     * @param slots the slots of the worker
     */
    public BatchRows used(boolean wanted, int slots) {
        // a few slots never fill the larger kernel
        boolean holds = slots == 1 || least == 1 && slots < multiple;
        boolean possible = slots < multiple || slots % multiple == 0;
        return holds || wanted && possible ? this : ANY;
    }

    /** Returns whether batches with these rows compute weights of a type in the same way, whatever the rows are. */
    boolean agree(GgmlType type) {
        return multiple > 1 && IN_FOURS.contains(type) || least > 1 && IN_TWOS.contains(type);
    }
}
