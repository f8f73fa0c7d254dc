package io.quern.worker;

/**
 * Whether attention is computed by llama.cpp's fused kernel.
 *
 * <p>It passes over cells of the cache that hold nothing, which without it are computed up to the next multiple of 256: 10 to
 * 15% more tokens per second in short contexts, 5% less at 1500 tokens and 12% less at 3500 (SmolLM2-135M, one core). In
 * v0.5.0's CPU backend (ggml-cpu/ops.cpp, {@code ggml_compute_forward_flash_attn_ext_f16}) results stay independent of who
 * else is served and of how prompts are cut in one case alone: with one thread, as several share out a lone sequence's cache
 * from 512 cells on but not a batch's; and with less than 64 rows of a sequence at once, from where on it works in tiles.
 */
enum FlashAttention {
    /** Where results stay exact and contexts are not long. */
    AUTO,
    ON,
    OFF;

    private static final int LONG_CONTEXT = 4096;

    /** The largest multiple of the grain below 64, see above. */
    private static final int MAX_CHUNK = 56;

    /** @param contextLength tokens per slot */
    boolean used(int threads, int contextLength) {
        return switch (this) {
            case AUTO -> threads == 1 && contextLength <= LONG_CONTEXT;
            case ON -> true;
            case OFF -> false;
        };
    }

    /** Most tokens of a prompt in one batch. */
    static int maxChunk(boolean used) {
        return used ? MAX_CHUNK : Decoding.MAX_CHUNK;
    }
}
