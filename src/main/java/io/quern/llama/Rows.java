package io.quern.llama;

import java.util.Set;

/** How weights are multiplied by the rows of a batch, where llamafile's kernels multiply several rows together. */
public enum Rows {
    /** Several rows together. */
    TOGETHER(Set.of()),

    /** One by one, if the type of the weights has kernels that agree bit for bit. This is faster for a few rows. */
    APART_IF_EQUAL(Set.of(Types.Q4_0, Types.Q5_0, Types.Q8_0, Types.IQ4_NL)),

    /** One by one, so that the results of a row do not depend on the others. */
    APART(Set.of(Types.F32, Types.F16, Types.BF16, Types.Q4_0, Types.Q5_0, Types.Q8_0, Types.IQ4_NL));

    private final Set<Integer> types;

    Rows(Set<Integer> types) {
        this.types = types;
    }

    /** Returns whether weights of a type ({@code ggml_type}) are multiplied by rows one by one. */
    boolean splits(int type) {
        return types.contains(type);
    }

    /** {@code ggml_type} */
    private static final class Types {
        static final int F32 = 0;
        static final int F16 = 1;
        static final int Q4_0 = 2;
        static final int Q5_0 = 6;
        static final int Q8_0 = 8;
        static final int IQ4_NL = 20;
        static final int BF16 = 30;
    }
}
