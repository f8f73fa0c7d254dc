package io.quern.launch;

import io.quern.device.ProcessorModel;
import java.util.Locale;

/**
 * Selects whether workers compute attention by llama.cpp's fused kernel.
 *
 * <p>On an NVIDIA H100 it generates 17 to 60% more tokens per second (a 1B model in Q4_0), and texts remain as
 * reproducible as without it.
 *
 * <p>On a CPU it skips empty cells of the cache, which are otherwise computed up to the next multiple of 256. This
 * gives 10 to 15% more tokens per second in short contexts, 5% fewer at 1500 tokens and 12% fewer at 3500
 * (SmolLM2-135M, one core). In v0.5.0's CPU backend (ggml-cpu/ops.cpp, {@code ggml_compute_forward_flash_attn_ext_f16})
 * several threads divide the cache of a single sequence from 512 cells on, but not that of a batch, so results would
 * depend on other sequences. They do not if the keys are in BF16, because the kernel never divides a cache whose keys
 * and values have different types.
 */
public enum FlashAttention {
    /** Uses the kernel on a GPU, and on a CPU if results stay exact and contexts are short. */
    AUTO,
    ON,
    OFF;

    private static final int LONG_CONTEXT = 4096;

    /**
     * Returns whether workers use the kernel.
     *
     * @param gpu whether workers compute on a GPU
     * @param threads threads of each worker
     * @param contextLength tokens per slot, or 0 for a worker's default, which is never long
     */
    public boolean used(boolean gpu, int threads, int contextLength) {
        return switch (this) {
            case AUTO -> gpu || (threads == 1 || exactWithAnyThreads()) && contextLength <= LONG_CONTEXT;
            case ON -> true;
            case OFF -> false;
        };
    }

    /**
     * Returns whether the kernel can give the same results with any number of threads on this machine's processor. This
     * needs keys in BF16, for which other processors may have no fast kernel.
     */
    public static boolean exactWithAnyThreads() {
        return ProcessorModel.isX86();
    }

    /**
     * Returns whether the KV cache holds keys in BF16, so that results do not depend on the number of threads.
     *
     * @param threads the most threads that a worker may have
     */
    public boolean needsBf16Keys(boolean gpu, int threads, int contextLength) {
        return !gpu && exactWithAnyThreads() && threads > 1 && used(false, threads, contextLength);
    }

    /** Returns the name used in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
