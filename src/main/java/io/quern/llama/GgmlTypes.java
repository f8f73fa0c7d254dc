package io.quern.llama;

/** The numbers of types of weights and of the cache: {@code ggml_type} in v0.5.0. */
final class GgmlTypes {
    static final int F32 = 0;
    static final int F16 = 1;
    static final int Q4_0 = 2;
    static final int Q5_0 = 6;
    static final int Q8_0 = 8;
    static final int Q2_K = 10;
    static final int Q4_K = 12;
    static final int IQ4_NL = 20;
    static final int BF16 = 30;

    private GgmlTypes() {}
}
