package io.quern.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Picks the tokens of one sequence with a chain of llama.cpp's samplers. Random numbers depend only on (seed,
 * position), not on earlier draws or on the process that drew. One thread at a time may use it.
 */
public final class Sampler implements AutoCloseable {
    private static final int OFF = 0;

    private final SamplerApi api;
    private final MemorySegment chain;
    private final MemorySegment repetition;
    private final SamplerSettings settings;
    /** Index in the chain of the sampler that draws, which is replaced for each position. */
    private final int drawing;

    private int length;

    /** @param contextLength number of tokens that the penalties look back, so that they cover everything */
    public Sampler(LlamaModel model, SamplerSettings settings, int contextLength) {
        this.api = model.library().samplers;
        this.settings = settings;
        int vocabulary = model.vocabulary().size();
        try (Arena arena = Arena.ofConfined()) {
            // the only field is no_perf, a boolean
            MemorySegment params = arena.allocate(Types.CHAIN_PARAMS).fill((byte) 1);
            chain = api.createChain(params);
        }
        // two samplers, because only the repetition penalty counts the prompt's tokens
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

    /** Passes the prompt's tokens to the penalty that counts them. */
    public void acceptPrompt(int[] tokens) {
        if (repetition.address() != 0) {
            for (int token : tokens) {
                api.accept(repetition, token);
            }
        }
    }

    /** Counts a token that another worker generated before. */
    public void accept(int token) {
        api.accept(chain, token);
    }

    /**
     * Picks the next token and counts it.
     *
     * @param output index in the last batch of the token whose logits are used
     * @param position of the new token in the answer, from 0
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
