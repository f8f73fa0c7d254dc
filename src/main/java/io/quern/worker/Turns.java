package io.quern.worker;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Decides which sequences may use the memory of the KV cache if it does not hold all slots when they are full
 * (docs/internals/overcommit.md). If memory is short, the youngest sequences pause. They continue in the order of their
 * arrival, and new ones wait behind them. A paused sequence has a copy of its state, or is computed again. Used only by
 * the step loop.
 */
final class Turns {
    /** So many tokens must be free for each sequence when one more continues, so that it does not pause at once. */
    private static final int HEADROOM = 64;

    /** The same, as a share of what may have to be computed again. */
    private static final int HEADROOM_SHARE = 8;

    private final Slots slots;
    private final Decoding decoding;
    private final PrefixCache prefixes;
    private final StateKeeper keeper;
    private final SharedPrefixes shared;
    /** Empty if there is enough for full slots; then nobody waits. */
    private final Optional<CellMemory> memory;
    /** By slot: when it became free, as the number of the event. */
    private final long[] freed;

    private final Deque<Sequence> waiting = new ArrayDeque<>();
    private long events;
    private long pauses;

    Turns(
            Slots slots,
            Decoding decoding,
            PrefixCache prefixes,
            StateKeeper keeper,
            SharedPrefixes shared,
            SlotRoom room) {
        this.slots = slots;
        this.decoding = decoding;
        this.prefixes = prefixes;
        this.keeper = keeper;
        this.shared = shared;
        this.memory = room.memory();
        this.freed = new long[room.slots()];
        memory.ifPresent(cells -> decoding.room((slot, tokens) -> clear(cells, slot, tokens)));
    }

    /** Returns whether somebody waits although nobody computes. */
    boolean due() {
        return slots.allPaused() && !(slots.isEmpty() && waiting.isEmpty());
    }

    /** Returns how many sequences wait, paused or new. */
    int waiting() {
        return slots.paused().size() + waiting.size();
    }

    /** Returns how often a sequence was paused. */
    long pauses() {
        return pauses;
    }

    /** Adds new sequences, and lets those continue whose turn it is. */
    void take(List<Sequence> arriving, Consumer<Sequence> join) {
        waiting.addAll(arriving);
        waiting.removeIf(Turns::cancelled);
        for (Slot slot : slots.paused()) {
            if (!fits(slot.sequence()) || !resume(slot)) {
                return;
            }
        }
        while (!waiting.isEmpty() && fits(waiting.getFirst())) {
            join.accept(waiting.removeFirst());
        }
    }

    private static boolean cancelled(Sequence sequence) {
        if (sequence.request().cancelled()) {
            // its place is already free, perhaps for the next one here
            sequence.close();
            return true;
        }
        return false;
    }

    /** Returns whether there is memory for one more sequence, and for all to grow. */
    private boolean fits(Sequence next) {
        if (memory.isEmpty() || slots.allPaused()) {
            return true;
        }
        CellMemory cells = memory.get();
        int headroom = HEADROOM + next.known() / HEADROOM_SHARE;
        long bytes = cells.touched(next.known() + headroom);
        for (Slot slot : slots.active()) {
            bytes += cells.touched(slot.sequence().known() + headroom);
        }
        return cells.fits(bytes);
    }

    /** Gives a new sequence memory for its prompt. Returns false if it has to wait. */
    boolean begins(Slot slot) {
        if (memory.isEmpty() || clear(memory.get(), slot.number(), needed(slot))) {
            return true;
        }
        pause(slot, false);
        return false;
    }

    private boolean resume(Slot slot) {
        if (!clear(memory.orElseThrow(), slot.number(), needed(slot))) {
            return false;
        }
        boolean restored = keeper.held(slot.number())
                .filter(state -> decoding.restore(slot, state))
                .isPresent();
        if (!restored) {
            slot.sequence().restart();
        }
        slots.resume(slot);
        shared.begins(slot);
        return true;
    }

    /** Lets each live sequence grow by a token, and returns those that can. The others pause. */
    List<Slot> growing(List<Slot> live) {
        if (memory.isEmpty()) {
            return live;
        }
        // the oldest first, since the youngest pause
        for (Slot slot : slots.active()) {
            int tokens = slot.sequence().cached() + 1;
            while (slots.isActive(slot) && !clear(memory.get(), slot.number(), tokens)) {
                pause(slots.active().getLast(), true);
            }
        }
        return slots.live();
    }

    private void pause(Slot slot, boolean begun) {
        pauses++;
        Sequence sequence = slot.sequence();
        if (begun && !decoding.hold(keeper, slot)) {
            sequence.restart();
        }
        decoding.forget(slot.number());
        memory.orElseThrow().shrink(slot.number(), 0);
        shared.pauses(slot);
        slots.pause(slot);
    }

    /** A slot is free. It may still hold a prompt. */
    void free(Slot slot) {
        freed[slot.number()] = ++events;
    }

    /** Lets a slot grow. Frees memory that no sequence needs, if necessary. */
    private boolean clear(CellMemory cells, int slot, int tokens) {
        while (!cells.grow(slot, tokens)) {
            if (!cutRests(cells) && !forgetOldest(cells)) {
                return false;
            }
        }
        return true;
    }

    /** Frees what active slots hold beyond their sequences. Returns whether there was something. */
    private boolean cutRests(CellMemory cells) {
        boolean any = false;
        for (Slot slot : slots.active()) {
            any |= cells.shrink(slot.number(), needed(slot));
        }
        return any;
    }

    /** Empties the free slot that has not been used for the longest time. Returns whether there was one. */
    private boolean forgetOldest(CellMemory cells) {
        int oldest = -1;
        for (int number = 0; number < freed.length; number++) {
            if (cells.granted(number) > 0 && !slots.isTaken(number) && (oldest < 0 || freed[number] < freed[oldest])) {
                oldest = number;
            }
        }
        if (oldest < 0) {
            return false;
        }
        prefixes.forget(oldest);
        decoding.forget(oldest);
        return cells.shrink(oldest, 0);
    }

    /** Returns the tokens that a slot must hold before the next step. */
    private static int needed(Slot slot) {
        return slot.sequence().known() + 1;
    }

    /** Closes what waits without a slot. */
    void close() {
        waiting.forEach(Sequence::close);
        waiting.clear();
    }
}
