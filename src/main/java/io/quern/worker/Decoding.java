package io.quern.worker;

import io.quern.llama.Batch;
import io.quern.llama.ContextSettings;
import io.quern.llama.LlamaContext;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaModel;
import io.quern.llama.Rows;
import io.quern.wire.Delta;
import io.quern.wire.WorkerSettings;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Runs the two kinds of decode in a step: one token for each live sequence in one batch, and pieces of prompts. It
 * never mixes them. llama.cpp would split a mixed batch into pieces whose shapes depend on the other sequences, and
 * results depend on shapes. Not thread-safe.
 */
final class Decoding implements AutoCloseable {
    /** Most tokens of a prompt in one batch without flash attention. */
    static final int MAX_CHUNK = 512;

    /**
     * The same with flash attention, if keys and values have the same type: the largest multiple of the grain below 64.
     * From 64 rows of a sequence v0.5.0's CPU backend then uses tiles (ggml-cpu/ops.cpp,
     * {@code ggml_compute_forward_flash_attn_ext_f16}), and results would depend on how prompts are cut.
     */
    private static final int MAX_FLASH_CHUNK = 56;

    private static final int WARM_UP_TOKENS = PrefillPace.GRAIN;

    /** A token that every vocabulary has. */
    private static final int FILLER = 0;

    private static final float[] NO_LOGITS = {};

    private final boolean flash;
    private final boolean bf16Keys;
    private final boolean forked;
    private final int slots;
    private final int contextLength;
    private final RowFill fill;

    /** Whether each row of a step is multiplied by itself, so that none needs others beside it. */
    private final boolean apart;

    /** The least number of rows at the end of a prompt, which are computed together with those of other prompts. */
    private final int promptRows;

    /** Whether the rows that batches need allow the prompts of several sequences in one. */
    private final boolean joinsPrompts;

    /** By slot: the position of the row that fills the present batch. */
    private final int[] filledFrom;

    private final int batchTokens;
    private final LlamaModel model;
    private final LlamaContext context;
    private final Batch batch;

    /** Describes the adopted context; empty if this process created its own. */
    private final Optional<WorkerSettings.Context> takenOver;

    private final StepShapes shapes;
    private final Drafts drafts;
    private final Reuse reuse;
    private int threads;
    private long draftTokens;
    private long acceptedDraftTokens;

    private Room room = (slot, tokens) -> true;

    /** Makes room for what slots get besides the next token. */
    interface Room {
        /** Returns whether a slot may hold so many tokens. */
        boolean grow(int slot, int tokens);
    }

    /**
     * @param settings may name a context that already exists; one with other parameters is not used
     * @param contextLength tokens per slot
     */
    Decoding(LlamaModel model, WorkerSettings settings, int contextLength) {
        this.model = model;
        this.contextLength = contextLength;
        slots = settings.getSequences().getSlots();
        WorkerSettings.Computation computation = settings.getComputation();
        WorkerSettings.BatchRows rows = computation.getBatchRows();
        RowFill needed = RowFill.of(rows.getMultiple(), rows.getLeast(), slots);
        filledFrom = new int[slots];
        apart = computation.getRowsApart();
        promptRows = needed.least();
        fill = apart ? RowFill.NONE : needed;
        joinsPrompts = RowFill.mayJoinPrompts(rows.getMultiple(), rows.getLeast());
        flash = computation.getFlashAttention();
        forked = settings.hasPreloaded();
        batchTokens = Math.max(MAX_CHUNK, slots);
        threads = computation.getThreads();
        bf16Keys = computation.getBf16Keys();
        var wanted = new ContextSettings(
                slots, contextLength, batchTokens, threads, flash, bf16Keys, computation.getFreeRows() || apart);
        WorkerSettings.Context made = settings.getPreloaded().getContext();
        // without a context the length is 0
        boolean fits = made.getContextLength() == contextLength
                && made.getFlashAttention() == flash
                && made.getBf16Keys() == bf16Keys;
        takenOver = fits ? Optional.of(made) : Optional.empty();
        context = fits
                ? LlamaContext.takeOver(model, wanted, made.getAddress(), made.getNodeHook())
                : LlamaContext.create(model, wanted);
        if (apart && !context.canMultiplyApart()) {
            throw new IllegalStateException("the context cannot multiply rows one by one");
        }
        boolean freeRows = computation.getFreeRows() && context.canMultiplyApart();
        if (fits && (freeRows || apart)) {
            // beside the first requests, since it must not delay the start
            Thread.ofPlatform().name("quern-rows").daemon().start(() -> LlamaContext.prepareToMultiplyApart(model));
        }
        shapes = new StepShapes(freeRows, threads, computation.getMostThreads());
        batch = new Batch(batchTokens);
        reuse = Reuse.of(computation);
        // what follows a wrong token is removed, but a window may have lost what precedes it
        boolean cuts = reuse.singleRows() && model.slidingWindow() == 0;
        drafts = new Drafts(cuts ? computation.getDraftTokens() : 0, wanted.outputs());
    }

    /** Returns how much of what was computed before a prompt may take over. */
    Reuse reuse() {
        return reuse;
    }

    /** Returns the most tokens of one prompt in a batch. */
    int maxChunk() {
        return flash && !bf16Keys ? MAX_FLASH_CHUNK : MAX_CHUNK;
    }

    /**
     * Touches weights and buffers for the first time, unless that was done before, so that no request pays for it.
     *
     * @return measured prefill time in microseconds per token
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

    /**
     * Returns the memory of the cache, if its layout is known and, in a forked worker, also its address. Uses the last
     * slot for a moment.
     *
     * @param limit bytes for all slots together
     */
    Optional<CellMemory> cells(long limit) {
        int last = slots - 1;
        batch.clear();
        batch.add(FILLER, 0, last, true);
        context.decode(batch);
        Optional<MemorySegment> cache = cache();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = saved(last, arena);
            return CacheLayout.of(state, slots, contextLength)
                    .filter(layout ->
                            cache.map(there -> layout.describes(there, state)).orElse(!forked))
                    .map(layout -> new CellMemory(layout, cache, Pages.ofMachine(), slots, limit));
        } finally {
            forget(last);
        }
    }

    /** Returns the memory that may be that of the cache; only a forked worker knows it. */
    Optional<MemorySegment> cache() {
        return takenOver
                .filter(made -> made.getCacheBytes() > 0)
                .map(made -> MemorySegment.ofAddress(made.getCacheAddress()).reinterpret(made.getCacheBytes()));
    }

    /** Limits what slots get besides the next token. */
    void room(Room limited) {
        room = limited;
    }

    /** Computes the next token of each sequence. The sequences must be in the order of their slots. */
    void step(List<Slot> live, Consumer<Delta> report) {
        if (draftStep(live, report)) {
            return;
        }
        StepShape shape = shapes.ofRows(live.size());
        use(shape.threads(), live.size() == 1 ? Rows.TOGETHER : rows(shape));
        long begin = System.nanoTime();
        int[] outputs = new int[live.size()];
        if (compute(live, outputs, report)) {
            shapes.took(live.size(), shape, System.nanoTime() - begin);
            advance(live, outputs, report);
        }
    }

    /** Computes the next tokens of all sequences together with drafts of them. Returns false if there are no drafts. */
    private boolean draftStep(List<Slot> live, Consumer<Delta> report) {
        int length = drafts.length(live.stream().map(Slot::sequence).toList(), shapes);
        if (length == 0
                || !live.stream()
                        .allMatch(slot -> grow(slot.number(), slot.sequence().cached() + 1 + length))) {
            return false;
        }
        int rows = live.size() * (1 + length);
        StepShape shape = shapes.ofRows(rows);
        use(shape.threads(), rows(shape));
        batch.clear();
        List<int[]> checked = new ArrayList<>(live.size());
        for (Slot slot : live) {
            int useful = Math.min(length, slot.sequence().mostDrafted());
            int[] draft = slot.sequence().lookup().draft(useful);
            checked.add(draft);
            addWithDraft(slot, draft, length);
        }
        long begin = System.nanoTime();
        try {
            context.decode(batch);
        } catch (LlamaException e) {
            live.forEach(slot -> report.accept(slot.sequence().fail(e.getMessage())));
            return true;
        }
        shapes.took(rows, shape, System.nanoTime() - begin);
        for (int i = 0; i < live.size(); i++) {
            advance(live.get(i), checked.get(i), i * (1 + length), report);
        }
        return true;
    }

    /** Adds the next token of a sequence, its draft, and rows that make their number that of all sequences. */
    private void addWithDraft(Slot slot, int[] draft, int length) {
        Sequence sequence = slot.sequence();
        batch.add(sequence.next(), sequence.cached(), slot.number(), true);
        for (int i = 0; i < length; i++) {
            int token = i < draft.length ? draft[i] : FILLER;
            batch.add(token, sequence.cached() + 1 + i, slot.number(), true);
        }
    }

    /**
     * Takes the tokens that follow from a step with a draft.
     *
     * @param first the place of the sequence's first row in the batch
     */
    private void advance(Slot slot, int[] draft, int first, Consumer<Delta> report) {
        Sequence sequence = slot.sequence();
        draftTokens += draft.length;
        sequence.cached(1);
        advance(sequence, first, report);
        for (int i = 0; i < draft.length && sequence.finish() == null && sequence.next() == draft[i]; i++) {
            sequence.cached(1);
            advance(sequence, first + 1 + i, report);
            acceptedDraftTokens++;
        }
        // what follows a wrong token
        cut(slot.number(), sequence.cached());
    }

    /** Computes one batch. Returns false if it failed, which ends its sequences. */
    private boolean compute(List<Slot> live, int[] outputs, Consumer<Delta> report) {
        try {
            decode(live, outputs);
            return true;
        } catch (LlamaException e) {
            live.forEach(slot -> report.accept(slot.sequence().fail(e.getMessage())));
            return false;
        }
    }

    private void advance(List<Slot> live, int[] outputs, Consumer<Delta> report) {
        for (int i = 0; i < live.size(); i++) {
            live.get(i).sequence().cached(1);
            advance(live.get(i).sequence(), outputs[i], report);
        }
    }

    /** Lets so many threads compute from the next step on, or as many as in the settings if the number is 0. */
    void allow(int number) {
        shapes.allow(number);
    }

    /** Returns how many drafted tokens were checked. */
    long draftTokens() {
        return draftTokens;
    }

    /** Returns how many of them were right. */
    long acceptedDraftTokens() {
        return acceptedDraftTokens;
    }

    /** Returns how many threads computed last. */
    int threads() {
        return threads;
    }

    private Rows rows(StepShape shape) {
        if (apart) {
            return shape.rowByRow() ? Rows.APART : Rows.DIFFERING_APART;
        }
        return shape.rowByRow() ? Rows.EQUAL_APART : Rows.TOGETHER;
    }

    private void use(int number, Rows rows) {
        context.multiply(rows);
        if (number != threads) {
            context.threads(number);
            threads = number;
        }
    }

    /** @param outputs receives the index of each sequence in the batch */
    private void decode(List<Slot> live, int[] outputs) {
        BitSet rows = new BitSet(slots);
        live.forEach(slot -> rows.set(slot.number()));
        BitSet filled = fill.needed() ? fill.rows(rows, slots) : rows;
        batch.clear();
        int next = 0;
        for (int number = filled.nextSetBit(0); number >= 0; number = filled.nextSetBit(number + 1)) {
            if (rows.get(number)) {
                Sequence sequence = live.get(next).sequence();
                outputs[next++] = batch.add(sequence.next(), sequence.cached(), number, true);
            } else {
                addFiller(number);
            }
        }
        filled.andNot(rows);
        try {
            context.decode(batch);
        } finally {
            filled.stream().forEach(number -> cut(number, filledFrom[number]));
        }
    }

    /** Adds a row that follows what the slot contains. Its logits count as a row too, but nobody reads them. */
    private void addFiller(int slot) {
        int position = context.nextPosition(slot);
        if (position == contextLength) {
            // what is reused of a slot is a prompt, which never fills it
            position--;
            cut(slot, position);
        }
        filledFrom[slot] = position;
        batch.add(FILLER, position, slot, true);
    }

    private void cut(int slot, int tokens) {
        if (!context.truncate(slot, tokens)) {
            throw new IllegalStateException("llama.cpp cannot remove a token from slot " + slot);
        }
    }

    /**
     * Returns the next chunks for {@link #prefill}. Without flash attention exact results require one prompt at a time.
     */
    List<PrefillChunk> pieces(List<Slot> waiting, PrefillPace pace, long micros) {
        List<PrefillChunk> pieces = PrefillChunk.next(waiting, pace, micros, batchTokens, flash && joinsPrompts);
        // the context has room for one output a slot, and each of these may have two
        return pieces.subList(0, Math.min(pieces.size(), Math.max(1, slots / outputs())));
    }

    /** Returns how many tokens at the end of a prompt have logits, so that their number is right in any batch. */
    private int outputs() {
        return joinsPrompts ? promptRows : 1;
    }

    /**
     * Computes the next tokens of prompts. After the last token of a prompt, samples the first token of the answer, and
     * those of the siblings that wait for the same prompt.
     *
     * @param waiting all slots whose prompts are not in the cache
     */
    void prefill(List<PrefillChunk> pieces, List<Slot> waiting, Consumer<Delta> report) {
        batch.clear();
        for (PrefillChunk piece : pieces) {
            Sequence sequence = piece.slot().sequence();
            int end = sequence.cached() + piece.tokens();
            for (int position = sequence.cached(); position < end; position++) {
                // after attention, the last layer computes only the outputs, so they need the right number too
                boolean last = position >= sequence.prompt().length - outputs();
                batch.add(sequence.prompt()[position], position, piece.slot().number(), last || sequence.scored());
            }
        }
        use(shapes.threadsOfPrompts(batch.size()), Rows.TOGETHER);
        long begin = System.nanoTime();
        try {
            context.decode(batch);
        } catch (LlamaException e) {
            pieces.forEach(piece -> report.accept(piece.slot().sequence().fail(e.getMessage())));
            return;
        }
        shapes.promptsTook(batch.size(), threads, System.nanoTime() - begin);
        int output = -1;
        for (PrefillChunk piece : pieces) {
            Sequence sequence = piece.slot().sequence();
            if (sequence.scored()) {
                report.accept(sequence.score(context, output + 1, piece.tokens()));
            }
            output += piece.tokens();
            sequence.cached(piece.tokens());
            if (sequence.toPrefill() == 0) {
                List<Slot> siblings = copy(piece.slot(), Siblings.waitingFor(piece.slot(), waiting));
                float[] logits = siblings.isEmpty() ? NO_LOGITS : context.logits(output);
                advance(sequence, output, report);
                for (Slot sibling : siblings) {
                    // the choice of a token may change them
                    context.setLogits(output, logits);
                    advance(sibling.sequence(), output, report);
                }
            }
        }
    }

    /**
     * Copies the state of a slot whose prompt has just been computed.
     *
     * @return the slots that now continue bit for bit like the first one; the others are empty
     */
    private List<Slot> copy(Slot from, List<Slot> to) {
        if (to.isEmpty()) {
            return to;
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment state = saved(from.number(), arena);
            List<Slot> alike = new ArrayList<>(to.size());
            for (Slot slot : to) {
                if (loadAlike(slot.number(), state, from.sequence().cached())) {
                    slot.sequence().copied(from.sequence().cached());
                    alike.add(slot);
                } else {
                    slot.sequence().copied(0);
                }
            }
            return alike;
        }
    }

    /**
     * Copies the beginning of a sibling's prompt, after that one has generated more. The part that is left out is
     * computed again, because the logits after the last token are gone.
     *
     * @param tokens how much to copy, as in {@link #keep}
     * @return whether the slot contains these tokens; if not, it is empty
     */
    boolean copyBeginning(Slot from, int to, int tokens) {
        try (Arena arena = Arena.ofConfined()) {
            return loadBeginning(
                    to, saved(from.number(), arena), from.sequence().cached(), tokens);
        }
    }

    /** Returns a copy of a slot's state, or an empty one if llama.cpp cannot make it. */
    MemorySegment saved(int slot, Arena arena) {
        MemorySegment state = arena.allocate(context.stateBytes(slot));
        return context.saveState(slot, state) == state.byteSize() ? state : state.asSlice(0, 0);
    }

    /**
     * Loads a state from which a sequence continues bit for bit. Returns false and leaves the slot empty if it cannot.
     */
    private boolean loadAlike(int slot, MemorySegment state, int tokens) {
        if (load(slot, state, tokens) && computesAlike(slot)) {
            return true;
        }
        forget(slot);
        return false;
    }

    /** Returns whether a slot may hold so many tokens; if so, there is memory for them. */
    boolean grow(int slot, int tokens) {
        return room.grow(slot, tokens);
    }

    private boolean load(int slot, MemorySegment state, int tokens) {
        forget(slot);
        return state.byteSize() > 0 && grow(slot, tokens) && context.loadState(slot, state);
    }

    /**
     * Frees a slot's part of the cache except for its first tokens.
     *
     * @return the number of kept tokens; 0 if the model's memory cannot be cut (recurrent models)
     */
    int keep(int slot, int tokens) {
        if (tokens > 0 && holdsBeginning(slot) && context.truncate(slot, tokens)) {
            return tokens;
        }
        forget(slot);
        return 0;
    }

    /**
     * Returns whether a slot's part of the cache contains its sequence from the first token. A state copy of a model
     * with a sliding window lacks tokens before the window, and a recurrent model has only the state after the last
     * token. Such a slot has no prefix for another prompt.
     */
    boolean holdsBeginning(int slot) {
        return context.firstPosition(slot) == 0;
    }

    /** Loads another worker's copy of the sequence's state into the slot. Returns false if there is none. */
    boolean resume(int slot, Sequence sequence) {
        try (SavedSequence state = sequence.takeSaved()) {
            if (state == null || !loadAlike(slot, state.data(), state.tokens())) {
                return false;
            }
            sequence.resumed(state.tokens());
            return true;
        }
    }

    /**
     * Returns whether the sequence continues bit for bit from a loaded state. If tokens have left the window, the
     * others are in different cells than before, and without flash attention sums depend on the cells (measured, see
     * docs/internals/exactness.md).
     */
    private boolean computesAlike(int slot) {
        return flash || model.slidingWindow() == 0 || holdsBeginning(slot);
    }

    /** Returns the length of the longest sequence that another worker can continue exactly from a copy. */
    int mostToCopy() {
        int window = flash ? 0 : model.slidingWindow();
        return window == 0 ? Integer.MAX_VALUE : window;
    }

    /**
     * Returns whether only the state after the last of so many tokens exists, so that it cannot be shortened: in
     * recurrent models, and once a sliding window has passed tokens.
     */
    boolean keepsOnlyLast(int tokens) {
        int window = model.slidingWindow();
        return model.isRecurrent() || window > 0 && tokens > window;
    }

    /**
     * Loads the beginning of another prompt's state into a slot.
     *
     * @param tokens the tokens that the state holds
     * @param wanted how many of them to keep, see {@link Reuse}
     * @return whether the slot contains the wanted tokens, as if they had been computed here; if not, it is empty
     */
    boolean loadBeginning(int slot, MemorySegment state, int tokens, int wanted) {
        if (load(slot, state, tokens)
                && (tokens == wanted ? computesAlike(slot) : holdsBeginning(slot) && context.truncate(slot, wanted))) {
            return true;
        }
        forget(slot);
        return false;
    }

    /** Returns the size of a slot's state. */
    long stateBytes(int slot) {
        return context.stateBytes(slot);
    }

    /** Writes a slot's state and returns its size, or 0 if llama.cpp cannot. */
    long saveState(int slot, MemorySegment to) {
        return context.saveState(slot, to);
    }

    /** Copies states, see {@link StateKeeper}. */
    void keep(StateKeeper keeper, List<Slot> live, long nanos) {
        keeper.keep(live, context, nanos, this::mostToCopy);
    }

    /**
     * Copies the state of a sequence for another worker. Returns false if that one could not continue from the copy.
     *
     * @param paused whether the sequence is paused; then its state has been copied, or it cannot leave
     */
    boolean leave(StateKeeper keeper, Slot slot, boolean paused) {
        return slot.sequence().cached() <= mostToCopy()
                && (paused ? keeper.leaveHeld(slot) : keeper.leave(slot, context));
    }

    /** Copies the state of a sequence that pauses. Returns false if there is no room for a copy. */
    boolean hold(StateKeeper keeper, Slot slot) {
        return keeper.hold(slot, context);
    }

    /** Continues with the copy of a paused sequence. Returns false and leaves the slot empty if it cannot. */
    boolean restore(Slot slot, MemorySegment state) {
        return loadAlike(slot.number(), state, slot.sequence().cached());
    }

    /** Frees a slot's part of the cache. */
    void forget(int slot) {
        context.remove(slot);
    }

    private void advance(Sequence sequence, int output, Consumer<Delta> report) {
        Delta delta;
        try {
            delta = sequence.advance(context, output);
        } catch (InvalidFieldException e) {
            delta = sequence.fail(e);
        } catch (RuntimeException e) {
            // a defect that one request triggers must not end the others
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
