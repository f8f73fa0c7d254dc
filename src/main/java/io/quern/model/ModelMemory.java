package io.quern.model;

/**
 * Estimates the main memory that a model needs on the processor from the metadata in its file. The estimate tends to be
 * too high; docs/howto/resources.md compares it with measurements. Pure.
 *
 * @param weights bytes of the file, which consists almost entirely of weights
 * @param quantised bytes of the weights that llama.cpp rearranges for the processor's instructions, in private memory
 *     of the process. It does so with most quantised types on most processors. The other weights stay mapped from the
 *     file: all processes share their pages, and the kernel may reclaim them. They still count, because each token
 *     reads all of them, and a model that is read from disk for every token is too slow to serve. The file's pages of
 *     rearranged weights are not read again and do not count.
 * @param cachePerToken bytes of a token in the KV cache with 16 bits per element; llama.cpp allocates and clears the
 *     whole cache at once
 * @param recurrentPerSlot bytes of a slot's state in recurrent layers, however many tokens it holds
 * @param trainingContext tokens that the model was trained to hold, or 0 if the file does not say
 * @param heads number of attention heads
 * @param width width of the network
 * @param feedForward width of the data inside a layer
 * @param slidesWindow whether some layers use a sliding window, which needs a mask of its own
 * @param vocabulary number of tokens in the vocabulary
 * @param longestToken bytes of the longest token, or 0 if the file does not say
 * @param readShare the share of the weights that one token reads; a mixture of experts reads only some of them
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
        long longestToken,
        double readShare) {
    /** The longest context of a worker if none is configured. The worker uses the same value. */
    private static final int DEFAULT_CONTEXT_LIMIT = 4096;

    /** llama.cpp rounds the cells of a sequence up to a multiple of this. */
    public static final int GRAIN = 256;

    /** The largest number of tokens in one batch, for which buffers are allocated. The worker uses the same value. */
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
                model.longestToken(),
                shape.readShare());
    }

    /**
     * Returns the same network with other weights, such as those of another quantisation.
     *
     * @param bytes of the weights
     * @param rearranged bytes of the weights that llama.cpp rearranges
     */
    public ModelMemory withWeights(long bytes, long rearranged) {
        return new ModelMemory(
                bytes,
                rearranged,
                cachePerToken,
                recurrentPerSlot,
                trainingContext,
                heads,
                width,
                feedForward,
                slidesWindow,
                vocabulary,
                longestToken,
                readShare);
    }

    /** Returns the bytes of the weights that one token reads. */
    public long weightsPerToken() {
        return (long) (weights * readShare);
    }

    /** Returns the tokens per slot if no length is configured. */
    public int defaultContext() {
        return trainingContext == 0 ? DEFAULT_CONTEXT_LIMIT : Math.min(trainingContext, DEFAULT_CONTEXT_LIMIT);
    }

    /** Returns whether all that a slot holds is keys and values, the same number of bytes for each token. */
    public boolean growsOnlyByTokens() {
        return !slidesWindow && recurrentPerSlot == 0 && cachePerToken > 0;
    }

    /** Returns the bytes of one worker's KV cache. */
    public long cache(int slots, int contextLength) {
        double bytes = (double) slots * rounded(contextLength) * cachePerToken;
        return (long) bytes;
    }

    /** Returns the bytes of one worker's states in recurrent layers. */
    public long recurrent(int slots) {
        return (long) ((double) slots * recurrentPerSlot);
    }

    /**
     * Returns the bytes of the data between layers while a batch is computed, and of the output.
     *
     * @param flash whether attention uses the fused kernel, which does not store all scores
     */
    public long buffers(int slots, int contextLength, boolean flash) {
        double activations = 4.0 * BATCH * (4.0 * width + 3.0 * feedForward);
        double mask = (slidesWindow ? 2 : 1) * (flash ? 2.0 : 4.0) * BATCH * rounded(contextLength);
        double scores = flash ? 0 : 4.0 * BATCH * rounded(contextLength) * heads;
        double logits = 2 * 4.0 * slots * vocabulary;
        return (long) (activations + mask + scores + logits);
    }

    /** Returns the bytes of copies of the states of all slots, each as full as possible. */
    public long states(int slots, int contextLength) {
        // a copy is allocated with spare room beyond the content of the cache
        return (long) ((cache(slots, contextLength) + (double) recurrent(slots)) * 9.0 / 8);
    }

    private static long rounded(int contextLength) {
        return Math.ceilDiv(contextLength, GRAIN) * (long) GRAIN;
    }
}
