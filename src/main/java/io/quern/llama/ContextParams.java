package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.util.List;

/** The layout of {@code llama_context_params} in v0.5.0. */
final class ContextParams {
    static final StructLayout LAYOUT = Types.largeStruct(160);

    private static final long N_CTX = 0;
    private static final long N_BATCH = 4;
    private static final long N_UBATCH = 8;
    private static final long N_SEQ_MAX = 12;
    private static final long N_OUTPUTS_MAX = 20;
    private static final long N_THREADS = 28;
    private static final long N_THREADS_BATCH = 32;
    private static final long FLASH_ATTN_TYPE = 52;
    private static final long CB_EVAL = 88;
    private static final long TYPE_K = 104;

    /** The defaults of v0.5.0. In 0.7.0 there is an additional field, and the values after it differ. */
    static final List<ExpectedField> DEFAULTS = List.of(
            ExpectedField.ofInt("n_ctx", N_CTX, 512),
            ExpectedField.ofInt("n_batch", N_BATCH, 2048),
            ExpectedField.ofInt("n_ubatch", N_UBATCH, 512),
            ExpectedField.ofInt("n_seq_max", N_SEQ_MAX, 1),
            ExpectedField.ofInt("n_outputs_max", N_OUTPUTS_MAX, 0),
            ExpectedField.ofInt("n_outputs_max_per_seq", 24, 1),
            ExpectedField.ofInt("n_threads", N_THREADS, 4),
            ExpectedField.ofInt("n_threads_batch", N_THREADS_BATCH, 4),
            ExpectedField.ofInt("rope_scaling_type", 40, -1),
            ExpectedField.ofInt("flash_attn_type", FLASH_ATTN_TYPE, -1),
            ExpectedField.ofInt("yarn_ext_factor", 64, Float.floatToIntBits(-1f)),
            ExpectedField.ofInt("defrag_thold", 84, Float.floatToIntBits(-1f)),
            ExpectedField.ofLong("cb_eval", CB_EVAL, 0),
            ExpectedField.ofInt("type_k", TYPE_K, 1),
            ExpectedField.ofInt("type_v", 108, 1),
            ExpectedField.ofLong("abort_callback", 112, 0),
            ExpectedField.ofByte("embeddings", 128, 0),
            ExpectedField.ofByte("offload_kqv", 129, 1),
            ExpectedField.ofByte("no_perf", 130, 1),
            ExpectedField.ofByte("swa_full", 132, 1),
            ExpectedField.ofByte("kv_unified", 133, 0),
            ExpectedField.ofLong("samplers", 136, 0),
            ExpectedField.ofLong("ctx_other", 152, 0));

    private ContextParams() {}

    static void set(MemorySegment params, ContextSettings settings) {
        // kv_unified stays false: each sequence has its own cells, so its results do not depend on other sequences
        params.set(JAVA_INT, N_CTX, Math.multiplyExact(settings.sequences(), settings.contextLength()));
        params.set(JAVA_INT, N_SEQ_MAX, settings.sequences());
        params.set(JAVA_INT, N_BATCH, settings.batchTokens());
        params.set(JAVA_INT, N_UBATCH, settings.batchTokens());
        params.set(JAVA_INT, N_OUTPUTS_MAX, settings.outputs());
        params.set(JAVA_INT, N_THREADS, settings.threads());
        params.set(JAVA_INT, N_THREADS_BATCH, settings.threads());
        params.set(JAVA_INT, FLASH_ATTN_TYPE, settings.flashAttention() ? 1 : 0);
        if (settings.bf16Keys()) {
            params.set(JAVA_INT, TYPE_K, GgmlTypes.BF16);
        }
    }

    /** @param callback is called for each node of a graph before the graph is computed */
    static void callback(MemorySegment params, MemorySegment callback) {
        params.set(ADDRESS, CB_EVAL, callback);
    }
}
