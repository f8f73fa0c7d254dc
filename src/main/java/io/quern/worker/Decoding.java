package io.quern.worker;

import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaModel;
import io.quern.wire.Delta;
import java.util.List;
import java.util.function.Consumer;

/**
 * The two kinds of decode a step is made of: one token for each live sequence, all in one batch; and a piece of one
 * sequence's prompt. They are never mixed: llama.cpp would cut a mixed batch into pieces whose shapes depend on who else is
 * in it, and results depend on shapes. Used by one thread.
 */
final class Decoding implements AutoCloseable {
    /** Most tokens of a prompt in one batch, without flash attention. */
    static final int MAX_CHUNK = 512;

    private static final int WARM_UP_TOKENS = PrefillPace.GRAIN;

    private final int maxChunk;
    private final LlamaContext context;
    private final Batch batch;

    Decoding(LlamaModel model, int slots, int contextLength, int threads, FlashAttention flashAttention) {
        boolean flash = flashAttention.used(threads, contextLength);
        maxChunk = FlashAttention.maxChunk(flash);
        int batchTokens = Math.max(maxChunk, slots);
        context = new LlamaContext(model, new ContextSettings(slots, contextLength, batchTokens, threads, flash));
        batch = new Batch(batchTokens);
    }

    int maxChunk() {
        return maxChunk;
    }

    /**
     * Touches weights and buffers for the first time, so that no request pays for it.
     *
     * @return microseconds per token that prefilling took
     */
    double warmUp() {
        batch.clear();
        for (int i = 0; i < WARM_UP_TOKENS; i++) {
            batch.add(0, i, 0, i == WARM_UP_TOKENS - 1);
        }
        long begin = System.nanoTime();
        context.decode(batch);
        double micros = (System.nanoTime() - begin) / 1e3;
        batch.clear();
        batch.add(0, WARM_UP_TOKENS, 0, true);
        context.decode(batch);
        context.remove(0);
        return micros / WARM_UP_TOKENS;
    }

    /** Computes the next token of each of these sequences, which are in order of their slots. */
    void step(List<Slot> live, Consumer<Delta> report) {
        batch.clear();
        for (Slot slot : live) {
            Sequence sequence = slot.sequence();
            batch.add(sequence.next(), sequence.cached(), slot.number(), true);
        }
        try {
            context.decode(batch);
        } catch (LlamaException e) {
            live.forEach(slot -> report.accept(slot.sequence().fail(e.getMessage())));
            return;
        }
        for (int i = 0; i < live.size(); i++) {
            live.get(i).sequence().cached(1);
            advance(live.get(i).sequence(), i, report);
        }
    }

    /** Computes the next tokens of a prompt and, behind its last one, picks the first token of the answer. */
    void prefill(Slot slot, int tokens, Consumer<Delta> report) {
        Sequence sequence = slot.sequence();
        boolean last = tokens == sequence.toPrefill();
        batch.clear();
        for (int i = 0; i < tokens; i++) {
            int position = sequence.cached() + i;
            batch.add(sequence.prompt()[position], position, slot.number(), last && i == tokens - 1);
        }
        try {
            context.decode(batch);
        } catch (LlamaException e) {
            report.accept(sequence.fail(e.getMessage()));
            return;
        }
        sequence.cached(tokens);
        if (last) {
            advance(sequence, tokens - 1, report);
        }
    }

    /**
     * Frees a slot's part of the cache but for its first tokens.
     *
     * @return how many of them are there: none where the model's memory cannot be cut (recurrent models)
     */
    int keep(int slot, int tokens) {
        if (tokens > 0 && context.truncate(slot, tokens)) {
            return tokens;
        }
        forget(slot);
        return 0;
    }

    /** Frees a slot's part of the cache. */
    void forget(int slot) {
        context.remove(slot);
    }

    private void advance(Sequence sequence, int output, Consumer<Delta> report) {
        Delta delta;
        try {
            delta = sequence.advance(context, output);
        } catch (RuntimeException e) {
            // a defect that one request brings out must not end the others
            delta = sequence.fail("internal error: " + e);
        }
        if (delta != null) {
            report.accept(delta);
        }
    }

    @Override
    public void close() {
        batch.close();
        context.close();
    }
}
