package io.quern.llama;

import java.util.Set;

/** How weights are multiplied by the rows of a batch, where llama.cpp has other kernels for several rows than for one. */
public enum Rows {
    /** Several rows together. */
    TOGETHER(Set.of()),

    /** One by one, if the type of the weights has kernels that agree bit for bit. This is faster for a few rows. */
    APART_IF_EQUAL(Set.of(Types.Q4_0, Types.Q5_0, Types.Q8_0, Types.IQ4_NL)),

    /** One by one, so that the results of a row do not depend on the others. */
    APART(Set.of(
            Types.F32,
            Types.F16,
            Types.BF16,
            Types.Q4_0,
            Types.Q5_0,
            Types.Q8_0,
            Types.IQ4_NL,
            Types.Q2_K,
            Types.Q4_K));

    /** Whose kernels for several rows agree with that for one only if the weights are not held rearranged. */
    private static final Set<Integer> ALSO_REARRANGED = Set.of(Types.Q2_K, Types.Q4_K);

    private final Set<Integer> types;

    Rows(Set<Integer> types) {
        this.types = types;
    }

    /**
     * Returns whether weights are multiplied by rows one by one.
     *
     * @param type {@code ggml_type}
     * @param rearranged whether the weights are held rearranged, so that llamafile's kernels do not apply
     */
    boolean splits(int type, boolean rearranged) {
        return types.contains(type) && (!rearranged || ALSO_REARRANGED.contains(type));
    }

    /** {@code ggml_type} */
    private static final class Types {
        static final int F32 = 0;
        static final int F16 = 1;
        static final int Q4_0 = 2;
        static final int Q5_0 = 6;
        static final int Q8_0 = 8;
        static final int Q2_K = 10;
        static final int Q4_K = 12;
        static final int IQ4_NL = 20;
        static final int BF16 = 30;
    }
}
