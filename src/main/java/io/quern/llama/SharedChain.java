package io.quern.llama;

import java.lang.foreign.MemorySegment;

/**
 * The chain of llama.cpp in which the chains of all sequences run, one at a time. A chain that is sampled from has a
 * list of the whole vocabulary (12 bytes per token), and for each sequence one of its own would be far from the core
 * when it is needed. For one thread.
 */
final class SharedChain implements AutoCloseable {
    private final SamplerApi api;
    private final MemorySegment chain;

    SharedChain(SamplerApi api) {
        this.api = api;
        chain = api.createChain();
    }

    /**
     * Picks a token with a sequence's chain of samplers.
     *
     * @param draw the sampler that picks at the end
     * @param output index in the last batch of the token whose logits are used
     */
    int sample(MemorySegment samplers, MemorySegment draw, MemorySegment context, int output) {
        api.add(chain, samplers);
        api.add(chain, draw);
        try {
            return api.sample(chain, context, output);
        } finally {
            api.remove(chain, 1);
            api.remove(chain, 0);
        }
    }

    @Override
    public void close() {
        api.free(chain);
    }
}
