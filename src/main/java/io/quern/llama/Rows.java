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
            case GgmlTypes.Q4_0, GgmlTypes.Q5_0, GgmlTypes.Q8_0, GgmlTypes.IQ4_NL -> equal && !rearranged;
            case GgmlTypes.F32, GgmlTypes.F16, GgmlTypes.BF16 -> differing && !rearranged;
            case GgmlTypes.Q2_K, GgmlTypes.Q4_K -> differing;
            default -> false;
        };
    }
}
