package io.quern.worker;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Iterator;
import java.util.List;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;

/**
 * Who is in which slot. The lowest free one is given out first, because llama.cpp computes sequences in one go only where
 * their numbers are consecutive; another one only where that saves much prefilling. Used by the step loop alone.
 */
final class Slots {
    /** Tokens less to prefill that are worth a slot out of order. */
    static final int WORTH_IT = 64;

    private final int count;
    /** In order of their numbers. */
    private final List<Slot> taken = new ArrayList<>();
    /** In the order they came. */
    private final List<Slot> prefilling = new ArrayList<>();

    Slots(int count) {
        this.count = count;
    }

    boolean isEmpty() {
        return taken.isEmpty();
    }

    /**
     * @param reusable by the number of a free slot, how much of the prompt is there already
     * @throws IllegalStateException if all are taken
     */
    Slot take(Sequence sequence, IntUnaryOperator reusable) {
        BitSet used = new BitSet(count);
        taken.forEach(slot -> used.set(slot.number()));
        int number = used.nextClearBit(0);
        if (number >= count) {
            throw new IllegalStateException("more sequences than slots");
        }
        int most = reusable.applyAsInt(number) + WORTH_IT;
        for (int other = used.nextClearBit(number + 1); other < count; other = used.nextClearBit(other + 1)) {
            int there = reusable.applyAsInt(other);
            if (there >= most) {
                number = other;
                most = there + 1;
            }
        }
        Slot slot = new Slot(number, sequence);
        taken.add(used.get(0, number).cardinality(), slot);
        prefilling.add(slot);
        return slot;
    }

    /** Frees the slots whose sequences fit the predicate, and returns them. */
    List<Slot> free(Predicate<Sequence> which) {
        List<Slot> freed = List.of();
        for (Iterator<Slot> i = taken.iterator(); i.hasNext(); ) {
            Slot slot = i.next();
            if (which.test(slot.sequence())) {
                i.remove();
                if (freed.isEmpty()) {
                    freed = new ArrayList<>();
                }
                freed.add(slot);
            }
        }
        prefilling.removeAll(freed);
        return freed;
    }

    /** Those whose prompt is in the cache, in order of their numbers. */
    List<Slot> live() {
        return taken.stream().filter(slot -> slot.sequence().toPrefill() == 0).toList();
    }

    /** Those whose prompt is not in the cache yet, in the order they came. */
    List<Slot> toPrefill() {
        prefilling.removeIf(slot -> slot.sequence().toPrefill() == 0);
        return prefilling;
    }

    /** Tokens in the cache, over all slots. */
    int cachedTokens() {
        return taken.stream().mapToInt(slot -> slot.sequence().cached()).sum();
    }
}
