package io.quern.llama;

/** Which weights are multiplied by the rows of a batch one by one, where llama.cpp has other kernels for several rows. */
public enum Rows {
    /** None. */
    TOGETHER(false, false),

    /** Those whose kernels agree bit for bit. This is faster for a few rows. */
    EQUAL_APART(true, false),

    /** Those whose kernels do not agree, so that the results of a row do not depend on the others. */
    DIFFERING_APART(false, true),

    /** Both. */
    APART(true, true);

    private final boolean equal;
    private final boolean differing;

    Rows(boolean equal, boolean differing) {
        this.equal = equal;
        this.differing = differing;
    }

    /**
     * Returns whether weights are multiplied by rows one by one.
     *
     * @param type {@code ggml_type}
     * @param rearranged whether the weights are held rearranged, so that llamafile's kernels do not apply
     */
    boolean splits(int type, boolean rearranged) {
        return switch (type) {
            case Types.Q4_0, Types.Q5_0, Types.Q8_0, Types.IQ4_NL -> equal && !rearranged;
            case Types.F32, Types.F16, Types.BF16 -> differing && !rearranged;
            case Types.Q2_K, Types.Q4_K -> differing;
            default -> false;
        };
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
