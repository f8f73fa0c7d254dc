package io.quern.launch;

import java.util.Locale;

/**
 * Whether workers compute attention by llama.cpp's fused kernel.
 *
 * <p>On an NVIDIA H100 it generates 17 to 60% more tokens per second (a 1B model in Q4_0), and texts stay as identical as without it.
 *
 * <p>On a processor it passes over cells of the cache that hold nothing, which without it are computed up to the next multiple of 256: 10 to
 * 15% more tokens per second in short contexts, 5% less at 1500 tokens and 12% less at 3500 (SmolLM2-135M, one core). In
 * v0.5.0's CPU backend (ggml-cpu/ops.cpp, {@code ggml_compute_forward_flash_attn_ext_f16}) results stay independent of who
 * else is served with one thread alone, as several share out a lone sequence's cache from 512 cells on but not a batch's.
 */
public enum FlashAttention {
    /** On a GPU; on a processor, where results stay exact and contexts are not long. */
    AUTO,
    ON,
    OFF;

    private static final int LONG_CONTEXT = 4096;

    /**
     * Returns whether workers use the kernel.
     *
     * @param gpu whether workers compute on a GPU
     * @param threads of each worker
     * @param contextLength tokens per slot; 0: what a worker takes by default, which is never long
     */
    public boolean used(boolean gpu, int threads, int contextLength) {
        return switch (this) {
            case AUTO -> gpu || threads == 1 && contextLength <= LONG_CONTEXT;
            case ON -> true;
            case OFF -> false;
        };
    }

    /** As in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
