package io.quern.worker;

import io.quern.llama.LlamaContext;
import io.quern.wire.Generate;
import io.quern.wire.StateLayout;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;
import java.util.function.IntSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Copies the states of running sequences into memory that outlives this process. It copies one at a time between steps,
 * first the one with most tokens to lose. Another worker then resumes the sequence bit for bit from its copy and
 * replays only later tokens. A {@link CopyBudget} bounds the time that copies take. Where this process knows the memory
 * of the cache, only new tokens are copied ({@link CellBlocks}), and otherwise whole states.
 *
 * <p>Used by the step loop. Another thread calls {@link #open} first; until then the other methods do nothing.
 */
final class StateKeeper {
    /** Number of new tokens that justifies a copy. */
    private static final int WORTH_IT = CellBlocks.TOKENS;

    /** How long the state of a sequence that has left is not given up for another one. */
    private static final long LEFT_NANOS = 2_000_000_000L;

    private final boolean wanted;
    private final boolean prefixes;
    private final int slots;
    private final int contextLength;
    private final long maxBytes;
    private final CopyBudget budget;
    private final long[] used;
    /** By slot: the size of the state that a paused sequence needs, or 0. */
    private final long[] held;

    /** By slot: when a sequence has left with its state, which the engine may still have to copy; or 0. */
    private final long[] leftAt;

    private volatile SharedMemory memory;
    private StateFile file;
    private boolean broken;

    /** The memory of the cache, until it is known whether its layout is. */
    private Optional<MemorySegment> cache;

    private Optional<CellBlocks> blocks = Optional.empty();

    /** By slot: the request of whose state the part has blocks, or 0. */
    private final long[] appended;

    /**
     * @param contextLength tokens per slot
     * @param cache the memory of the KV cache, if it is known
     */
    StateKeeper(WorkerSettings settings, int contextLength, Optional<MemorySegment> cache) {
        WorkerSettings.StateCopies copies = settings.getStateCopies();
        this.wanted = settings.hasStateCopies() && copies.getShare() > 0;
        this.prefixes = settings.hasPrefixStates();
        this.slots = settings.getSequences().getSlots();
        this.contextLength = contextLength;
        // a state without room is not copied
        this.maxBytes = copies.getBytes();
        this.budget = new CopyBudget(copies.getShare());
        this.used = new long[slots];
        this.held = new long[slots];
        this.leftAt = new long[slots];
        this.appended = new long[slots];
        this.cache = cache;
    }

    /** Returns whether this worker needs the memory: for copies, or for states of prefixes that it gets. */
    boolean wanted() {
        return (wanted || prefixes) && SharedMemory.possible();
    }

    /** Returns the memory, or null as long as there is none. */
    @Nullable
    SharedMemory memory() {
        return memory;
    }

    /** Creates the memory and returns the path at which another process can open it. */
    String open() throws IOException {
        SharedMemory made = SharedMemory.create();
        String path = made.path();
        memory = made;
        return path;
    }

    /** Finds another worker's copy of a request, see {@link SavedSequence}. Thread-safe. */
    Optional<SavedSequence> left(Generate request, int[] prompt) throws IOException {
        return SavedSequence.of(request, prompt, slots, memory);
    }

    /**
     * Copies a state if one is due. Call it between two steps, after the results were sent to the engine.
     *
     * @param nanos duration of the previous step
     * @param mostTokens returns the length of the longest sequence to copy; called when the first copy is due
     */
    void keep(List<Slot> live, LlamaContext context, long nanos, IntSupplier mostTokens) {
        if (!wanted || memory == null || broken) {
            return;
        }
        budget.earn(nanos);
        while (budget.left()) {
            Slot next = live.stream()
                    .max(Comparator.comparingInt(slot -> slot.sequence().unkept()))
                    .orElse(null);
            if (next == null || next.sequence().unkept() < WORTH_IT) {
                return;
            }
            Sequence sequence = next.sequence();
            if (sequence.cached() > mostTokens.getAsInt()) {
                sequence.neverKeep();
                continue;
            }
            int done = appended(next);
            int tokens = due(sequence.cached() - done);
            if (tokens == 0) {
                return;
            }
            IntPredicate over =
                    other -> dispensable(other) && live.stream().noneMatch(running -> running.number() == other);
            boolean first = file == null;
            long begin = System.nanoTime();
            boolean kept =
                    blocks.isPresent() ? append(next, done, done + tokens, over) : copyWhole(next, over, context);
            long took = System.nanoTime() - begin;
            if (!kept) {
                sequence.neverKeep();
            } else if (!first) {
                budget.spend(took, blocks.isPresent() ? tokens : CopyBudget.counted(tokens));
            } else {
                // the first copy runs cold code, so its duration does not count
                return;
            }
        }
    }

    /** Returns how many tokens the blocks of a slot's sequence contain. */
    private int appended(Slot slot) {
        Sequence sequence = slot.sequence();
        return appended[slot.number()] == sequence.request().id() ? sequence.keptTokens() : 0;
    }

    /** Returns how many of a sequence's new tokens are copied now: whole blocks, or all. 0: the credit is too small. */
    private int due(int tokens) {
        if (blocks.isEmpty()) {
            return CopyBudget.counted(tokens) <= budget.affordable(Integer.MAX_VALUE) ? tokens : 0;
        }
        // the first block is the measurement
        int affordable = Math.min(tokens, budget.affordable(CellBlocks.TOKENS));
        return affordable / CellBlocks.TOKENS * CellBlocks.TOKENS;
    }

    /** Copies a whole state. The first one shows whether new tokens can be copied from the cache itself. */
    private boolean copyWhole(Slot slot, IntPredicate others, LlamaContext context) {
        long bytes = copy(slot, Long.MAX_VALUE, others, context);
        if (bytes > 0) {
            MemorySegment state = file.data(slot.number(), bytes);
            blocks = cache.flatMap(there -> CellBlocks.of(state, slots, contextLength, there));
            cache = Optional.empty();
        }
        return bytes > 0;
    }

    /**
     * Adds new tokens to the copy of a sequence's state. It counts as soon as it contains the prompt.
     *
     * @param from the tokens that the copy contains; 0: it begins now
     * @param to the tokens that it will contain
     * @param others whether the copy of another slot may go
     * @return whether there was room
     */
    private boolean append(Slot slot, int from, int to, IntPredicate others) {
        int number = slot.number();
        Sequence sequence = slot.sequence();
        CellBlocks cells = blocks.orElseThrow();
        long bytes = cells.bytes(to / CellBlocks.TOKENS);
        if (bytes > file.room() || !makeRoom(number, bytes, others)) {
            return false;
        }
        MemorySegment data = file.data(number, bytes);
        if (from == 0) {
            drop(number);
            cells.begin(data, number);
            appended[number] = sequence.request().id();
        }
        for (int block = from / CellBlocks.TOKENS; block < to / CellBlocks.TOKENS; block++) {
            cells.append(data, number, block);
        }
        used[number] = Math.max(used[number], bytes);
        sequence.kept(to);
        if (to >= sequence.prompt().length) {
            name(sequence, number, to, true, bytes);
        }
        return true;
    }

    /**
     * Copies the state of a sequence that will give up its part of the cache. Other copies make room, unless their
     * sequences are paused, too.
     *
     * @return whether {@link #held} will return it
     */
    boolean hold(Slot slot, LlamaContext context) {
        long bytes = copy(slot, Long.MAX_VALUE, this::dispensable, context);
        held[slot.number()] = bytes;
        return bytes > 0;
    }

    /**
     * Copies the state of a sequence for the worker that continues it. Other copies make room, as above. The copy stays
     * until the place is needed, so that the engine can take it; {@link #forget} does not remove it.
     */
    boolean leave(Slot slot, LlamaContext context) {
        if (copy(slot, slot.sequence().request().leaving(), this::dispensable, context) == 0) {
            return false;
        }
        leftAt[slot.number()] = System.nanoTime();
        return true;
    }

    /** The same for a paused sequence, whose state {@link #hold} has copied. */
    boolean leaveHeld(Slot slot) {
        int number = slot.number();
        if (held[number] == 0 || held[number] > slot.sequence().request().leaving()) {
            return false;
        }
        held[number] = 0;
        leftAt[number] = System.nanoTime();
        return true;
    }

    /**
     * Copies the state of a slot, if it has at most so many bytes.
     *
     * @param others whether the copy of another slot may go
     * @return the size of the copy, or 0 if there is none
     */
    private long copy(Slot slot, long most, IntPredicate others, LlamaContext context) {
        int number = slot.number();
        int tokens = slot.sequence().cached();
        if (!wanted || memory == null || broken || tokens == 0) {
            return 0;
        }
        long bytes = context.stateBytes(number);
        if (bytes > most || file == null && !lay(bytes, tokens) || bytes > file.room()) {
            return 0;
        }
        return makeRoom(number, bytes, others) && write(slot, bytes, context) ? bytes : 0;
    }

    /** Returns whether the copy of a slot may go although its sequence may still run. */
    private boolean dispensable(int slot) {
        return held[slot] == 0 && (leftAt[slot] == 0 || System.nanoTime() - leftAt[slot] > LEFT_NANOS);
    }

    /** Returns the state of a paused sequence once. It is valid until the next copy. */
    Optional<MemorySegment> held(int slot) {
        long bytes = held[slot];
        held[slot] = 0;
        return bytes == 0 ? Optional.empty() : Optional.of(file.data(slot, bytes));
    }

    /** Records the end of a slot's sequence. */
    void forget(int slot) {
        held[slot] = 0;
        if (file != null && used[slot] > 0 && leftAt[slot] == 0) {
            file.clear(slot);
        }
    }

    private boolean write(Slot slot, long bytes, LlamaContext context) {
        Sequence sequence = slot.sequence();
        int number = slot.number();
        drop(number);
        used[number] = Math.max(used[number], bytes);
        if (context.saveState(number, file.data(number, bytes)) != bytes) {
            return false;
        }
        name(sequence, number, sequence.cached(), false, bytes);
        sequence.kept(sequence.cached());
        return true;
    }

    /** The copy of a slot gives way to another one. */
    private void drop(int slot) {
        file.clear(slot);
        leftAt[slot] = 0;
        appended[slot] = 0;
    }

    /** The copy of a slot is complete. */
    private void name(Sequence sequence, int slot, int tokens, boolean inBlocks, long bytes) {
        long hash = sequence.hash(tokens);
        long scope = SavedSequence.scope(sequence.request().generate());
        file.set(slot, sequence.request().id(), tokens, hash, scope, inBlocks, bytes);
    }

    /**
     * Creates the memory. Each slot gets the room of a full one, but at most the limit for all; the kernel allocates
     * pages when they are written. Without that limit, a state that does not grow with the sequence (recurrent models)
     * would get far too much.
     */
    private boolean lay(long bytes, int tokens) {
        long full = Math.min(maxBytes, bytes / tokens * contextLength * 9 / 8) + (1 << 16);
        long stride = StateLayout.PAGE + Math.ceilDiv(full, StateLayout.PAGE) * StateLayout.PAGE;
        try {
            file = StateFile.create(memory.map(StateFile.size(slots, stride)), slots, stride);
            return true;
        } catch (IOException e) {
            broken = true;
            return false;
        }
    }

    /** @param dispensable whether the copy of another slot may go */
    private boolean makeRoom(int slot, long bytes, IntPredicate dispensable) {
        for (int other = 0; other < slots && !fits(slot, bytes); other++) {
            if (used[other] > 0 && other != slot && dispensable.test(other)) {
                drop(other);
                memory.giveBack(file.part(other));
                used[other] = 0;
            }
        }
        return fits(slot, bytes);
    }

    private boolean fits(int slot, long bytes) {
        long sum = 0;
        for (int other = 0; other < slots; other++) {
            sum += other == slot ? Math.max(used[other], bytes) : used[other];
        }
        return sum <= maxBytes;
    }
}
