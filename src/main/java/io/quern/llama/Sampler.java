package io.quern.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Picks one sequence's tokens by a chain of llama.cpp's samplers. Randomness is a function of (seed, position) alone: what
 * was drawn before, or by whom, has no part in it. Used by one thread at a time.
 */
public final class Sampler implements AutoCloseable {
    private static final int OFF = 0;

    private final SamplerApi api;
    private final MemorySegment chain;
    private final MemorySegment repetition;
    private final SamplerSettings settings;
    /** The index in the chain of the sampler that draws, which is a new one for each position. */
    private final int drawing;

    private int length;

    /** @param contextLength the penalties look back this far: over everything */
    public Sampler(LlamaModel model, SamplerSettings settings, int contextLength) {
        this.api = model.library().samplers;
        this.settings = settings;
        int vocabulary = model.vocabulary().size();
        try (Arena arena = Arena.ofConfined()) {
            // the one field is no_perf, a boolean
            MemorySegment params = arena.allocate(Types.CHAIN_PARAMS).fill((byte) 1);
            chain = api.createChain(params);
        }
        // two samplers, because prompt tokens count for the one penalty and not for the others
        if (settings.repetitionPenalty() != 1) {
            repetition = api.penalties(vocabulary, contextLength, settings.repetitionPenalty(), OFF, OFF);
            add(repetition);
        } else {
            repetition = MemorySegment.NULL;
        }
        if (settings.frequencyPenalty() != 0 || settings.presencePenalty() != 0) {
            add(api.penalties(vocabulary, contextLength, 1, settings.frequencyPenalty(), settings.presencePenalty()));
        }
        if (settings.greedy()) {
            add(api.greedy());
        } else {
            addDistribution();
        }
        drawing = length - 1;
    }

    private void addDistribution() {
        if (settings.topK() > 0) {
            add(api.topK(settings.topK()));
        }
        if (settings.topP() < 1) {
            add(api.topP(settings.topP(), 1));
        }
        if (settings.minP() > 0) {
            add(api.minP(settings.minP(), 1));
        }
        if (settings.temperature() != 1) {
            add(api.temperature(settings.temperature()));
        }
        add(api.distribution(0));
    }

    private void add(MemorySegment sampler) {
        api.add(chain, sampler);
        length++;
    }

    /** Tells the prompt's tokens to the penalty that counts them. */
    public void acceptPrompt(int[] tokens) {
        if (repetition.address() != 0) {
            for (int token : tokens) {
                api.accept(repetition, token);
            }
        }
    }

    /** Tells a token that was generated before, elsewhere. */
    public void accept(int token) {
        api.accept(chain, token);
    }

    /**
     * Picks the next token and counts it.
     *
     * @param output the index in the last batch whose logits are used
     * @param position of the token in the answer, from 0
     */
    public int sample(LlamaContext context, int output, int position) {
        if (!settings.greedy()) {
            api.free(api.remove(chain, drawing));
            api.add(chain, api.distribution(SeedMix.mix(settings.seed(), position)));
        }
        return api.sample(chain, context.address(), output);
    }

    @Override
    public void close() {
        api.free(chain);
    }
}
