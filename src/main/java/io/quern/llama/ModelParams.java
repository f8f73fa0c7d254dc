package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.List;

/** The layout of {@code llama_model_params} in v0.5.0. */
final class ModelParams {
    static final StructLayout LAYOUT = Types.largeStruct(80);

    private static final long N_GPU_LAYERS = 16;
    private static final long SPLIT_MODE = 20;
    private static final long LOAD_MODE = 24;
    private static final long LAZY_MODE = 28;
    private static final long MAIN_GPU = 32;
    private static final long PROGRESS_CALLBACK = 48;
    private static final long VOCAB_ONLY = 72;
    private static final long USE_EXTRA_BUFTS = 74;
    private static final long LOAD_MTP = 77;

    /** Defaults of v0.5.0, enough of them to distinguish it from every other known layout. */
    static final List<ExpectedField> DEFAULTS = List.of(
            ExpectedField.ofLong("devices", 0, 0),
            ExpectedField.ofInt("n_gpu_layers", N_GPU_LAYERS, -1),
            ExpectedField.ofInt("split_mode", SPLIT_MODE, 1),
            ExpectedField.ofInt("load_mode", LOAD_MODE, -1),
            ExpectedField.ofInt("lazy_mode", LAZY_MODE, 1),
            ExpectedField.ofInt("main_gpu", MAIN_GPU, 0),
            ExpectedField.ofLong("progress_callback", PROGRESS_CALLBACK, 0),
            ExpectedField.ofByte("vocab_only", VOCAB_ONLY, 0),
            ExpectedField.ofByte("use_extra_bufts", USE_EXTRA_BUFTS, 1),
            ExpectedField.ofByte("no_host", USE_EXTRA_BUFTS + 1, 0),
            ExpectedField.ofByte("load_mtp", LOAD_MTP, 0));

    private ModelParams() {}

    static void gpuLayers(MemorySegment params, int layers) {
        params.set(JAVA_INT, N_GPU_LAYERS, layers);
    }

    /** Selects LLAMA_LOAD_MODE_NONE: the weights are read, not mapped. */
    static void ownCopy(MemorySegment params) {
        params.set(JAVA_INT, LOAD_MODE, 0);
    }

    /** Keeps weights as they are in the file, with kernels that several processors have. */
    static void noRearrangedWeights(MemorySegment params) {
        params.set(JAVA_BYTE, USE_EXTRA_BUFTS, (byte) 0);
    }

    static void progressCallback(MemorySegment params, MemorySegment callback) {
        params.set(ADDRESS, PROGRESS_CALLBACK, callback);
    }
}
