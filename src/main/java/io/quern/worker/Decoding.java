package io.quern.worker;

import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaModel;
import io.quern.wire.Delta;
import io.quern.wire.WorkerSettings;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * The two kinds of decode a step is made of: one token for each live sequence, all in one batch; and pieces of
 * prompts. They are never mixed: llama.cpp would cut a mixed batch into pieces whose shapes depend on who else is
 * in it, and results depend on shapes. Used by one thread.
 */
final class Decoding implements AutoCloseable {
    /** Most tokens of a prompt in one batch, without flash attention. */
    static final int MAX_CHUNK = 512;

    /**
     * With it: the largest multiple of the grain below 64. From 64 rows of a sequence at once v0.5.0's CPU backend works in tiles
     * (ggml-cpu/ops.cpp, {@code ggml_compute_forward_flash_attn_ext_f16}), and results would hang on how prompts are cut.
     */
    private static final int MAX_FLASH_CHUNK = 56;

    private static final int WARM_UP_TOKENS = PrefillPace.GRAIN;

    private final boolean flash;
    private final int batchTokens;
    private final LlamaModel model;
    private final LlamaContext context;
    private final Batch batch;

    /** What the context that was taken over is like; empty if it was made here. */
    private final Optional<WorkerSettings.Context> takenOver;

    /**
     * @param settings may bring a context that is made already; one that is not as it should be is left alone
     * @param contextLength tokens per slot
     */
    Decoding(LlamaModel model, WorkerSettings settings, int contextLength) {
        this.model = model;
        int slots = settings.getSequences().getSlots();
        flash = settings.getComputation().getFlashAttention();
        batchTokens = Math.max(MAX_CHUNK, slots);
        var wanted = new ContextSettings(
                slots, contextLength, batchTokens, settings.getComputation().getThreads(), flash);
        WorkerSettings.Context made = settings.getPreloaded().getContext();
        // the length of none is 0
        boolean fits = made.getContextLength() == contextLength && made.getFlashAttention() == flash;
        takenOver = fits ? Optional.of(made) : Optional.empty();
        context = fits ? LlamaContext.takeOver(model, wanted, made.getAddress()) : LlamaContext.create(model, wanted);
        batch = new Batch(batchTokens);
    }

    /** Most tokens of one prompt in a batch. */
    int maxChunk() {
        return flash ? MAX_FLASH_CHUNK : MAX_CHUNK;
    }

    /**
     * Touches weights and buffers for the first time, so that no request pays for it, unless that has been done.
     *
     * @return microseconds per token that prefilling took
     */
    double warmUp() {
        if (takenOver.isPresent() && takenOver.get().hasMicrosPerToken()) {
            return takenOver.get().getMicrosPerToken();
        }
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

    /** What {@link #prefill} should take next; without flash attention results hang on a prompt's being alone. */
    List<PrefillChunk> pieces(List<Slot> waiting, PrefillPace pace, long micros) {
        return PrefillChunk.next(waiting, pace, micros, batchTokens, flash);
    }

    /** Computes the next tokens of prompts and, behind the last one of each, picks the first token of the answer. */
    void prefill(List<PrefillChunk> pieces, Consumer<Delta> report) {
        batch.clear();
        for (PrefillChunk piece : pieces) {
            Sequence sequence = piece.slot().sequence();
            int end = sequence.cached() + piece.tokens();
            for (int position = sequence.cached(); position < end; position++) {
                boolean last = position == sequence.prompt().length - 1;
                batch.add(sequence.prompt()[position], position, piece.slot().number(), last);
            }
        }
        try {
            context.decode(batch);
        } catch (LlamaException e) {
            pieces.forEach(piece -> report.accept(piece.slot().sequence().fail(e.getMessage())));
            return;
        }
        int output = -1;
        for (PrefillChunk piece : pieces) {
            Sequence sequence = piece.slot().sequence();
            output += piece.tokens();
            sequence.cached(piece.tokens());
            if (sequence.toPrefill() == 0) {
                advance(sequence, output, report);
            }
        }
    }

    /**
     * Frees a slot's part of the cache but for its first tokens.
     *
     * @return how many of them are there: none where the model's memory cannot be cut (recurrent models)
     */
    int keep(int slot, int tokens) {
        if (tokens > 0 && holdsBeginning(slot) && context.truncate(slot, tokens)) {
            return tokens;
        }
        forget(slot);
        return 0;
    }

    /**
     * Whether a slot's part of the cache holds its sequence from the first token on. A state copy of a model with a sliding window
     * lacks what the window has passed, and a recurrent model holds the state after the last token only: such a slot has no prefix that
     * another prompt could share.
     */
    boolean holdsBeginning(int slot) {
        return context.firstPosition(slot) == 0;
    }

    /** Fills a slot's part of the cache with the state that another worker has left of its sequence; false if there is none. */
    boolean resume(int slot, Sequence sequence) {
        try (SavedSequence state = sequence.takeSaved()) {
            if (state == null) {
                return false;
            }
            forget(slot);
            if (!context.loadState(slot, state.data()) || !computesAlike(slot)) {
                forget(slot);
                return false;
            }
            sequence.resumed(state.tokens());
            return true;
        }
    }

    /**
     * Whether the sequence goes on bit for bit from a state that was loaded. Where the window has passed tokens, the others lie in other
     * cells than they did, and without flash attention sums depend on that: measured, see docs/internals/exactness.md.
     */
    private boolean computesAlike(int slot) {
        return flash || model.slidingWindow() == 0 || holdsBeginning(slot);
    }

    /** The longest sequence whose copied state another worker can go on from exactly. */
    int mostToCopy() {
        int window = flash ? 0 : model.slidingWindow();
        return window == 0 ? Integer.MAX_VALUE : window;
    }

    /** Has states copied, see {@link StateKeeper}. */
    void keep(StateKeeper keeper, List<Slot> live, long nanos) {
        keeper.keep(live, context, nanos, this::mostToCopy);
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
