package io.quern.model;

import java.util.Collections;
import java.util.Set;
import java.util.stream.Collectors;

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

    /** Rearranged for AVX2 or AVX-512: one kernel computes four rows, and another one each row of the rest. */
    private static final Set<GgmlType> IN_FOURS = Set.of(GgmlType.Q4_K, GgmlType.Q2_K);

    /** llamafile's kernels compute two rows and more, and others compute a single one. */
    private static final Set<GgmlType> FROM_TWO = Set.of(GgmlType.F16, GgmlType.BF16);

    /** llamafile's kernels may be slower than as many products of a single row, and have the same results. */
    private static final Set<GgmlType> FASTER_APART =
            Set.of(GgmlType.Q4_0, GgmlType.Q5_0, GgmlType.Q8_0, GgmlType.IQ4_NL);

    private static final double MOST_IN_FOURS = 1.0 / 8;

    private static final int FOUR = 4;
    private static final int TWO = 2;

    /**
     * Returns the rows that a model needs: {@link #ANY} if its texts are stable anyway, or not even rows would help.
     */
    public static BatchRows of(GgufMetadata model, Kernels kernels) {
        if (ModelMemory.of(model).recurrentPerSlot() > 0) {
            // no row can be added to a sequence and removed again
            return ANY;
        }
        Set<GgmlType> types = ModelMatrices.types(model, kernels).collect(Collectors.toSet());
        int multiple = Collections.disjoint(types, IN_FOURS) ? 1 : FOUR;
        int least = Collections.disjoint(types, FROM_TWO) && !ModelMatrices.hasFloatRouter(model) ? 1 : TWO;
        return new BatchRows(multiple, least);
    }

    /**
     * Returns the rows that a worker's batches have.
     *
     * @param wanted whether a worker may add rows to its batches
     * @param slots the slots of the worker
     */
    public BatchRows used(boolean wanted, int slots) {
        // a few slots never need the kernel for more rows
        boolean holds = (multiple == 1 || slots < multiple) && (least == 1 || slots < least);
        boolean possible = slots < multiple || slots % multiple == 0;
        return holds || wanted && possible ? this : ANY;
    }

    /**
     * Returns whether rows that are multiplied one by one make the model's texts stable, at less than a tenth of the
     * throughput. With rearranged weights, several rows one by one are up to a third slower, so only few of the weights
     * may be of that kind.
     */
    public static boolean cheapOneByOne(GgufMetadata model, Kernels kernels) {
        return !of(model, kernels).equals(ANY) && ModelMatrices.share(model, IN_FOURS, kernels) <= MOST_IN_FOURS;
    }

    /** Returns whether a few rows may be faster if some weights are multiplied by them one by one. */
    public static boolean mayBeFasterOneByOne(GgufMetadata model, Kernels kernels) {
        return kernels != Kernels.GPU && ModelMatrices.types(model, kernels).anyMatch(FASTER_APART::contains);
    }

    /** Returns whether batches with these rows compute weights of a type in the same way, whatever the rows are. */
    boolean agree(GgmlType type) {
        return multiple >= FOUR && IN_FOURS.contains(type) || least >= TWO && FROM_TWO.contains(type);
    }
}
