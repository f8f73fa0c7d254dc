package io.quern.llama;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * llama.cpp's penalties of one sequence. They change only the logits of tokens that have occurred, so llama.cpp gets
 * only these, and not the whole vocabulary, in which it would look up each token. One thread at a time may use it.
 */
final class Penalties implements AutoCloseable {
    private static final float OFF = 0;
    private static final int FIRST_TOKENS = 64;

    private final SamplerApi api;
    private final MemorySegment chain;

    /** Counts the prompt's tokens, too; null if there is none. */
    private final MemorySegment repetition;

    private final BitSet occurred = new BitSet();
    private int[] tokens = new int[FIRST_TOKENS];
    private int count;

    private Penalties(SamplerApi api, int vocabulary, SamplerSettings settings, int contextLength) {
        this.api = api;
        chain = api.createChain();
        // two samplers, because only the repetition penalty counts the prompt's tokens
        if (settings.repetitionPenalty() != 1) {
            repetition = api.penalties(vocabulary, contextLength, settings.repetitionPenalty(), OFF, OFF);
            api.add(chain, repetition);
        } else {
            repetition = MemorySegment.NULL;
        }
        if (settings.frequencyPenalty() != 0 || settings.presencePenalty() != 0) {
            float frequency = settings.frequencyPenalty();
            api.add(chain, api.penalties(vocabulary, contextLength, 1, frequency, settings.presencePenalty()));
        }
    }

    /**
     * Returns null if the settings contain no penalty.
     *
     * @param contextLength number of tokens that the penalties look back, so that they cover everything
     */
    static @Nullable Penalties of(SamplerApi api, int vocabulary, SamplerSettings settings, int contextLength) {
        return settings.penalises() ? new Penalties(api, vocabulary, settings, contextLength) : null;
    }

    /** Passes the prompt's tokens to the penalty that counts them. */
    void acceptPrompt(int[] prompt) {
        if (repetition.address() != 0) {
            for (int token : prompt) {
                api.accept(repetition, token);
                occurs(token);
            }
        }
    }

    /** Counts a token of the answer. */
    void accept(int token) {
        api.accept(chain, token);
        occurs(token);
    }

    private void occurs(int token) {
        if (occurred.get(token)) {
            return;
        }
        occurred.set(token);
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * count);
        }
        tokens[count++] = token;
    }

    /** @param candidates are overwritten */
    void apply(Logits logits, Candidates candidates) {
        candidates.fill(logits, tokens, count);
        api.apply(chain, candidates.array());
        candidates.copyTo(logits);
    }

    @Override
    public void close() {
        api.free(chain);
    }
}
