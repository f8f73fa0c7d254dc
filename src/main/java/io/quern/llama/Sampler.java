package io.quern.llama;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Picks the tokens of one sequence with a chain of llama.cpp's samplers. Random numbers depend only on (seed,
 * position), not on earlier draws or on the process that drew. One thread at a time may use it.
 *
 * <p>With a grammar, it first picks as without one. Only if the grammar rejects that token, it picks among the others,
 * a few times; then the grammar is applied to the whole vocabulary, which is slow. Repeated picks without the rejected
 * tokens choose each allowed token as often as one pick among the allowed tokens would.
 *
 * <p>llama.cpp's samplers go through the whole vocabulary several times and compute one probability after the other,
 * which for many sequences takes a good part of a step. So they get only the tokens that can be picked at all where that
 * is faster, and are not used if every token can.
 */
public final class Sampler implements AutoCloseable {
    /** Picks before the grammar is applied to the whole vocabulary, which takes as long as many of them. */
    private static final int PICKS = 6;

    /** Keeps probabilities over 0, of which typical sampling takes logarithms. */
    private static final float LEAST_PROBABILITY = 1e-30f;

    /** An odd number without structure: requests with adjacent seeds must not share random numbers. */
    private static final long NEXT_PICK = 0xD1B54A32D192ED03L;

    /** Below the least probability that matters by so much, since it is computed in other ways, too. */
    private static final double MARGIN = 0.99;

    private final SamplerApi api;
    private final Way way;
    private final MemorySegment chain;

    /** What the chain applies after top_p, if there is nothing before that; else null. */
    private final MemorySegment afterTopP;

    private final @Nullable Penalties penalties;
    private final SamplerSettings settings;
    private final @Nullable Grammar grammar;

    /** How a token is picked without a grammar. */
    private enum Way {
        /** The most likely one. */
        HIGHEST,
        /** Any, by its probability. */
        ANY,
        /** By llama.cpp's samplers, among those that top_p may leave. */
        LIKELY,
        /** By llama.cpp's samplers, among all. */
        CHAIN;

        static Way of(SamplerSettings settings) {
            if (settings.greedy()) {
                return HIGHEST;
            }
            if (settings.topK() > 0 || settings.typicalP() < 1) {
                return CHAIN;
            }
            if (settings.topP() < 1) {
                return LIKELY;
            }
            // min_p compares logits, which is faster than to compute probabilities
            return settings.minP() > 0 ? CHAIN : ANY;
        }
    }

    /**
     * @param contextLength number of tokens that the penalties look back, so that they cover everything
     * @param grammar the grammar that the tokens must obey, or null; closed with this sampler
     */
    public Sampler(LlamaModel model, SamplerSettings settings, int contextLength, @Nullable Grammar grammar) {
        this.api = model.library().samplers;
        this.settings = settings;
        this.grammar = grammar;
        penalties = Penalties.of(api, model.vocabulary().size(), settings, contextLength);
        chain = api.createChain();
        way = Way.of(settings);
        afterTopP = way == Way.LIKELY ? api.createChain() : MemorySegment.NULL;
        if (!settings.greedy()) {
            addDistribution();
        }
    }

    private void addDistribution() {
        if (settings.topK() > 0) {
            api.add(chain, api.topK(settings.topK()));
        }
        if (settings.typicalP() < 1) {
            api.add(chain, api.minP(LEAST_PROBABILITY, 1));
            api.add(chain, api.typical(settings.typicalP(), 1));
        }
        if (settings.topP() < 1) {
            api.add(chain, api.topP(settings.topP(), 1));
        }
        addAfterTopP(chain);
        if (way == Way.LIKELY) {
            addAfterTopP(afterTopP);
        }
    }

    private void addAfterTopP(MemorySegment to) {
        if (settings.minP() > 0) {
            api.add(to, api.minP(settings.minP(), 1));
        }
        if (settings.temperature() != 1) {
            api.add(to, api.temperature(settings.temperature()));
        }
    }

    /** Passes the prompt's tokens to the penalty that counts them. */
    public void acceptPrompt(int[] tokens) {
        if (penalties != null) {
            penalties.acceptPrompt(tokens);
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
        count(token);
        return true;
    }

    private void count(int token) {
        if (penalties != null) {
            penalties.accept(token);
        }
    }

    /**
     * Picks the next token and counts it. Penalties change its logits.
     *
     * @param output index in the last batch of the token whose logits are used
     * @param position of the new token in the answer, from 0
     * @throws LlamaException if no token is left
     */
    public int sample(LlamaContext context, int output, int position) {
        if (penalties != null) {
            penalties.apply(context.row(output), context.candidates());
        }
        int token;
        if (grammar != null) {
            token = constrained(context, grammar, output, position);
            grammar.advance(token);
        } else {
            token = way == Way.CHAIN ? chained(context, output, position) : direct(context, output, position);
        }
        if (token < 0) {
            throw new LlamaException(
                    LlamaException.Kind.NO_TOKEN,
                    "all tokens of the model are excluded, or it has computed logits that are not numbers");
        }
        count(token);
        return token;
    }

    private int chained(LlamaContext context, int output, int position) {
        MemorySegment draw = drawing(position, 0);
        try {
            return context.sample(chain, draw, output);
        } finally {
            api.free(draw);
        }
    }

    /** Picks a token in the other ways than {@link Way#CHAIN}; -1 if all are excluded. */
    private int direct(LlamaContext context, int output, int position) {
        return switch (way) {
            case HIGHEST -> context.highest(output);
            case ANY ->
                context.probabilities()
                        .draw(context.row(output), settings.temperature(), SeedMix.uniform(settings.seed(), position));
            case LIKELY -> likely(context, output, position);
            case CHAIN -> throw new IllegalStateException();
        };
    }

    private int likely(LlamaContext context, int output, int position) {
        Logits logits = context.row(output);
        float[] probabilities = context.probabilities().of(logits, 1);
        Candidates candidates = context.candidates();
        // those below this have together less probability than top_p leaves out
        double least = MARGIN * (1 - settings.topP()) / probabilities.length;
        double sum = candidates.fill(logits, probabilities, (float) least);
        if (settings.topP() < sum) {
            MemorySegment topP = api.topP((float) (settings.topP() / sum), 1);
            api.apply(topP, candidates.array());
            api.free(topP);
        }
        api.apply(afterTopP, candidates.array());
        return pick(candidates, position, 0);
    }

    /** Picks a token that the grammar allows. */
    private int constrained(LlamaContext context, Grammar rules, int output, int position) {
        Logits logits = context.row(output);
        Candidates candidates = context.candidates();
        int pick = 0;
        int rejected = -1;
        if (way != Way.CHAIN) {
            rejected = direct(context, output, position);
            if (rejected >= 0 && !logits.excluded(rejected) && rules.allows(rejected)) {
                return rejected;
            }
            pick++;
        }
        candidates.fill(logits);
        api.apply(chain, candidates.array());
        if (rejected >= 0) {
            candidates.exclude(rejected);
        }
        for (; pick < PICKS; pick++) {
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
        MemorySegment draw = drawing(position, pick);
        api.apply(draw, candidates.array());
        api.free(draw);
        return candidates.selected();
    }

    /** Returns a new sampler that draws. */
    private MemorySegment drawing(int position, int pick) {
        return settings.greedy()
                ? api.greedy()
                : api.distribution(SeedMix.mix(settings.seed() ^ pick * NEXT_PICK, position));
    }

    @Override
    public void close() {
        api.free(chain);
        if (afterTopP.address() != 0) {
            api.free(afterTopP);
        }
        if (penalties != null) {
            penalties.close();
        }
        if (grammar != null) {
            grammar.close();
        }
    }
}
