package io.quern.worker;

import io.quern.llama.Grammar;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaModel;
import io.quern.llama.Sampler;
import io.quern.wire.Generate;
import io.quern.wire.Logprob;
import org.jspecify.annotations.Nullable;

/**
 * Chooses the tokens of one sequence: by its rules for tokens, its grammar and its sampler. Another worker chooses the
 * same, given the same request and the same tokens so far. Used by one thread at a time.
 */
final class TokenChoice implements AutoCloseable {
    private final Sampler sampler;
    private final @Nullable LogitRules rules;
    private final @Nullable LogprobReader logprobs;
    /** The field of the client's request with the grammar, or empty if there is none. */
    private final String grammarField;

    /** How long the grammar may take for one token, in nanoseconds. */
    private final long maxGrammarNanos;

    private @Nullable Logprob logprob;

    private TokenChoice(
            Sampler sampler,
            @Nullable LogitRules rules,
            @Nullable LogprobReader logprobs,
            io.quern.wire.Grammar grammar) {
        this.sampler = sampler;
        this.rules = rules;
        this.logprobs = logprobs;
        this.grammarField = grammar.getField();
        this.maxGrammarNanos = grammar.hasTokenMillis() ? grammar.getTokenMillis() * 1_000_000L : Long.MAX_VALUE;
    }

    /**
     * Prepares the choice. Reading a grammar may take a while.
     *
     * @param prompt the tokens of the prompt
     * @param contextLength tokens per slot
     * @throws InvalidFieldException if llama.cpp or the vocabulary refuses a field of the request
     */
    static TokenChoice of(Generate request, LlamaModel model, int[] prompt, int contextLength) {
        LogitRules rules = LogitRules.of(request, model.vocabulary());
        LogprobReader logprobs =
                request.hasLogprobs() ? new LogprobReader(model.vocabulary(), request.getLogprobs()) : null;
        Sampler sampler = new Sampler(
                model, SamplingFrame.settings(request.getSampling()), contextLength, grammar(request, model));
        sampler.acceptPrompt(prompt);
        return new TokenChoice(sampler, rules, logprobs, request.getGrammar());
    }

    private static @Nullable Grammar grammar(Generate request, LlamaModel model) {
        if (!request.hasGrammar()) {
            return null;
        }
        LazyGrammar text = LazyGrammar.of(
                request.getGrammar().getGbnf(), request.getGrammar().getTriggersList());
        try {
            return Grammar.of(model, text.gbnf(), text.root());
        } catch (LlamaException e) {
            String field = request.getGrammar().getField();
            throw new InvalidFieldException(field, field + ": " + e.getMessage());
        }
    }

    /**
     * Chooses the next token.
     *
     * @param output index in the last batch of the token whose logits are used
     * @param answer the tokens so far; the array may be longer
     * @param count how many tokens it has
     * @throws InvalidFieldException if the grammar leaves no token, or takes too long
     */
    int next(LlamaContext context, int output, int[] answer, int count) {
        // the rules change the logits
        float[] raw = logprobs == null ? null : context.logits(output);
        if (rules != null) {
            rules.apply(context.row(output), answer, count);
        }
        int token =
                grammarField.isEmpty() ? sampler.sample(context, output, count) : constrained(context, output, count);
        logprob = logprobs == null || raw == null ? null : logprobs.read(raw, token);
        return token;
    }

    private int constrained(LlamaContext context, int output, int position) {
        long begin = System.nanoTime();
        int token;
        try {
            token = sampler.sample(context, output, position);
        } catch (LlamaException e) {
            throw new InvalidFieldException(grammarField, grammarField + ": " + e.getMessage());
        }
        if (System.nanoTime() - begin > maxGrammarNanos) {
            throw new InvalidFieldException(
                    grammarField,
                    grammarField + " takes too long: llama.cpp needed " + (System.nanoTime() - begin) / 1_000_000
                            + " ms for one token, but may take at most " + maxGrammarNanos / 1_000_000
                            + " ms (quern.grammar.token-timeout). Make the grammar less ambiguous.");
        }
        return token;
    }

    /** Returns the log probability of the token that was chosen last, or null if the request asks for none. */
    @Nullable
    Logprob logprob() {
        return logprob;
    }

    /** Takes a token that another worker has chosen. Returns false if the grammar rejects it. */
    boolean replay(int token) {
        return sampler.accept(token);
    }

    @Override
    public void close() {
        sampler.close();
    }
}
