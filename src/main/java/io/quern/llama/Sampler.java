package io.quern.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Picks the tokens of one sequence with a chain of llama.cpp's samplers. Random numbers depend only on (seed,
 * position), not on earlier draws or on the process that drew. One thread at a time may use it.
 *
 * <p>With a grammar, it first picks as without one. Only if the grammar rejects that token, it picks among the others,
 * a few times; then the grammar is applied to the whole vocabulary, which is slow. Repeated picks without the rejected
 * tokens choose each allowed token as often as one pick among the allowed tokens would.
 */
public final class Sampler implements AutoCloseable {
    private static final int OFF = 0;

    /** Picks before the grammar is applied to the whole vocabulary, which takes as long as many of them. */
    private static final int PICKS = 6;

    /** Keeps probabilities over 0, of which typical sampling takes logarithms. */
    private static final float LEAST_PROBABILITY = 1e-30f;

    /** An odd number without structure: requests with adjacent seeds must not share random numbers. */
    private static final long NEXT_PICK = 0xD1B54A32D192ED03L;

    private final SamplerApi api;
    private final MemorySegment chain;
    private final MemorySegment repetition;
    private final SamplerSettings settings;
    private final @Nullable Grammar grammar;
    /** Index in the chain of the sampler that draws, which is replaced for each position. Not used with a grammar. */
    private final int drawing;

    private int length;

    /**
     * @param contextLength number of tokens that the penalties look back, so that they cover everything
     * @param grammar the grammar that the tokens must obey, or null; closed with this sampler
     */
    public Sampler(LlamaModel model, SamplerSettings settings, int contextLength, @Nullable Grammar grammar) {
        this.api = model.library().samplers;
        this.settings = settings;
        this.grammar = grammar;
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
        if (!settings.greedy()) {
            addDistribution();
        }
        if (grammar == null) {
            add(settings.greedy() ? api.greedy() : api.distribution(0));
        }
        drawing = length - 1;
    }

    private void addDistribution() {
        if (settings.topK() > 0) {
            add(api.topK(settings.topK()));
        }
        if (settings.typicalP() < 1) {
            add(api.minP(LEAST_PROBABILITY, 1));
            add(api.typical(settings.typicalP(), 1));
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

    /**
     * Counts a token that another worker generated before.
     *
     * @return false if the grammar rejects it; the sampler must not be used any more
     */
    public boolean accept(int token) {
        if (grammar != null && !grammar.accept(token)) {
            return false;
        }
        api.accept(chain, token);
        return true;
    }

    /**
     * Picks the next token and counts it.
     *
     * @param output index in the last batch of the token whose logits are used
     * @param position of the new token in the answer, from 0
     * @throws LlamaException if the grammar leaves no token
     */
    public int sample(LlamaContext context, int output, int position) {
        if (grammar != null) {
            int token = constrained(context, grammar, output, position);
            grammar.advance(token);
            api.accept(chain, token);
            return token;
        }
        if (drawing == 0 && settings.greedy()) {
            // nothing comes before the greedy sampler, for which llama.cpp would copy the whole vocabulary
            return context.highest(output);
        }
        if (!settings.greedy()) {
            api.free(api.remove(chain, drawing));
            api.add(chain, api.distribution(SeedMix.mix(settings.seed(), position)));
        }
        return api.sample(chain, context.address(), output);
    }

    /** Picks a token that the grammar allows. */
    private int constrained(LlamaContext context, Grammar rules, int output, int position) {
        Logits logits = context.row(output);
        Candidates candidates = context.candidates();
        candidates.fill(logits);
        api.apply(chain, candidates.array());
        for (int pick = 0; pick < PICKS; pick++) {
            int token = pick(candidates, position, pick);
            if (token < 0) {
                break;
            }
            if (rules.allows(token)) {
                return token;
            }
            candidates.excludeSelected();
        }
        candidates.fill(logits);
        rules.restrict(candidates);
        if (!candidates.any()) {
            return end(context, rules);
        }
        api.apply(chain, candidates.array());
        int token = pick(candidates, position, PICKS);
        if (token < 0 || !rules.allows(token)) {
            throw new IllegalStateException("token " + token + " was picked, but the grammar rejects it");
        }
        return token;
    }

    /** Ends the answer although min_tokens, a bias or a bad word is against it, if the grammar is complete. */
    private static int end(LlamaContext context, Grammar rules) {
        for (int token : context.vocabulary().endsOfGeneration()) {
            if (rules.allows(token)) {
                return token;
            }
        }
        throw new LlamaException(
                LlamaException.Kind.NO_TOKEN,
                "the grammar allows no token of the model here, or only tokens that logit_bias or bad_words exclude");
    }

    /** @param pick number of the pick at this position, each of which has a random number of its own */
    private int pick(Candidates candidates, int position, int pick) {
        int seed = SeedMix.mix(settings.seed() ^ pick * NEXT_PICK, position);
        MemorySegment draw = settings.greedy() ? api.greedy() : api.distribution(seed);
        api.apply(draw, candidates.array());
        api.free(draw);
        return candidates.selected();
    }

    @Override
    public void close() {
        api.free(chain);
        if (grammar != null) {
            grammar.close();
        }
    }
}
