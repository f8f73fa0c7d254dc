package io.quern.model;

/**
 * What a model takes of main memory when it computes on the processor, by what its file says. An estimate, made to be rather too high;
 * docs/howto/resources.md holds it against what was measured. Pure.
 *
 * @param weights bytes of the file, which is nearly all weights
 * @param quantised of these, what llama.cpp lays out anew for the processor's instructions, in memory of the process's own, as it does with
 *     most quantised types on most processors. The rest is mapped from the file: pages that all processes share, and that the kernel takes
 *     back where memory is short. They still count, since each token reads all of them, and a model that is read from the disk again for
 *     every token does not serve. The file's pages of what was laid out anew are not read again, and do not count.
 * @param cachePerToken bytes of a token in the KV cache, 16 bits an element; the size that llama.cpp allocates and clears at once
 * @param recurrentPerSlot bytes of a slot's state in recurrent layers, however many tokens it holds
 * @param trainingContext tokens that the model was trained to hold; 0 where the file does not tell
 * @param heads of attention
 * @param width of the network
 * @param feedForward width of the network between its layers
 * @param slidesWindow whether some layers see a sliding window only, and need a mask of their own
 * @param vocabulary tokens there are
 * @param longestToken bytes of the longest of them; 0 where the file does not tell
 */
public record ModelMemory(
        long weights,
        long quantised,
        long cachePerToken,
        long recurrentPerSlot,
        int trainingContext,
        long heads,
        long width,
        long feedForward,
        boolean slidesWindow,
        long vocabulary,
        long longestToken) {
    /** What a worker takes where no length is configured, at most; as the worker has it. */
    private static final int DEFAULT_CONTEXT_LIMIT = 4096;

    /** llama.cpp rounds the cells of a sequence up to a multiple of this. */
    public static final int GRAIN = 256;

    /** Tokens in one batch at most, as the worker has it; buffers are made for so many. */
    private static final int BATCH = 512;

    public static ModelMemory of(GgufMetadata model) {
        Hyperparameters shape = new Hyperparameters(model);
        return new ModelMemory(
                model.fileSize(),
                Math.min(model.fileSize(), shape.quantisedBytes()),
                shape.cacheBytesPerToken(),
                shape.recurrentBytesPerSequence(),
                (int) Math.min(Integer.MAX_VALUE, model.contextLength().orElse(0)),
                model.headCount().orElse(0),
                model.embeddingLength().orElse(0),
                shape.feedForwardLength(),
                shape.slidesWindow(),
                model.vocabularySize().orElse(0),
                model.longestToken());
    }

    /** Tokens per slot where nothing is configured. */
    public int defaultContext() {
        return trainingContext == 0 ? DEFAULT_CONTEXT_LIMIT : Math.min(trainingContext, DEFAULT_CONTEXT_LIMIT);
    }

    /** Of one worker's KV cache. */
    public long cache(int slots, int contextLength) {
        double bytes = (double) slots * rounded(contextLength) * cachePerToken;
        return (long) bytes;
    }

    /** Of one worker's states in recurrent layers. */
    public long recurrent(int slots) {
        return (long) ((double) slots * recurrentPerSlot);
    }

    /**
     * Of what lies between the layers while a batch is computed, and of what comes out.
     *
     * @param flash whether attention is computed by the fused kernel, which needs no scores of all against all
     */
    public long buffers(int slots, int contextLength, boolean flash) {
        double activations = 4.0 * BATCH * (4.0 * width + 3.0 * feedForward);
        double mask = (slidesWindow ? 2 : 1) * (flash ? 2.0 : 4.0) * BATCH * rounded(contextLength);
        double scores = flash ? 0 : 4.0 * BATCH * rounded(contextLength) * heads;
        double logits = 2 * 4.0 * slots * vocabulary;
        return (long) (activations + mask + scores + logits);
    }

    /** Of copies of the states of all slots, each as full as it can be. */
    public long states(int slots, int contextLength) {
        // with the room that a copy is given beyond what the cache holds
        return (long) ((cache(slots, contextLength) + (double) recurrent(slots)) * 9.0 / 8);
    }

    private static long rounded(int contextLength) {
        return Math.ceilDiv(contextLength, GRAIN) * (long) GRAIN;
    }
}
