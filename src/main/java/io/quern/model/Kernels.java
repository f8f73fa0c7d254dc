package io.quern.model;

import java.util.Set;

/**
 * The kernels of llama.cpp v0.5.0 that multiply weights by tokens. Which bits they compute depends on them
 * (docs/internals/exactness.md). Pure.
 */
public enum Kernels {
    /** Those for x86 processors without AMX. */
    X86,

    /**
     * Those for x86 processors with AMX: some types of weights are held in tiles and have kernels of their own, which
     * compute each row alike. All others have the kernels of {@link #X86}.
     */
    AMX,

    /** Those for other processors, which nobody has measured. */
    OTHER,

    GPU;

    /** ggml-cpu/amx/amx.cpp, {@code supports_op}: multiples of this many rows. */
    private static final int TILE_ROWS = 32;

    /** Rows of floats are multiples of this long; blocks of the other types always are. */
    private static final int VECTOR = 16;

    private static final Set<GgmlType> IN_TILES = Set.of(
            GgmlType.F16,
            GgmlType.Q4_0,
            GgmlType.Q4_1,
            GgmlType.Q8_0,
            GgmlType.Q4_K,
            GgmlType.Q5_K,
            GgmlType.Q6_K,
            GgmlType.IQ4_XS);

    /** Returns the kernels that multiply on this machine. */
    public static Kernels of(boolean onGpu, boolean x86, boolean amx) {
        if (onGpu) {
            return GPU;
        }
        if (!x86) {
            return OTHER;
        }
        return amx ? AMX : X86;
    }

    /**
     * Returns whether a model cannot use these kernels and has those of {@link #X86}: llama.cpp multiplies weights in
     * tiles wrongly by several matrices at once.
     */
    public boolean areWrongFor(GgufMetadata model) {
        return this == AMX && ModelMatrices.multipliesSeveralAtOnce(model);
    }

    /** Returns whether a matrix of weights is held in tiles. */
    boolean tiles(TensorInfo matrix) {
        return this == AMX
                && matrix.dimensions().size() == 2
                && matrix.dimensions().get(1) % TILE_ROWS == 0
                && matrix.dimensions().getFirst() % VECTOR == 0
                && GgmlType.of(matrix.type()).filter(IN_TILES::contains).isPresent();
    }
}
