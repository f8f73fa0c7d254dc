package io.quern.worker;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.function.IntUnaryOperator;
import java.util.function.Predicate;

/**
 * Assigns sequences to slots. It prefers the lowest free slot, because llama.cpp computes sequences together only if
 * their ids are consecutive. It takes another slot only if that saves much prefill. A paused sequence keeps its slot,
 * but takes part in nothing. Used only by the step loop.
 */
final class Slots {
    /** Number of saved prefill tokens that justifies a slot out of order. */
    static final int WORTH_IT = 64;

    private final int count;
    /** In the order of their ids. */
    private final List<Slot> taken = new ArrayList<>();
    /** In the order of arrival. */
    private final List<Slot> arrived = new ArrayList<>();
    /** In the order of arrival. */
    private final List<Slot> prefilling = new ArrayList<>();

    private final Set<Slot> paused = new HashSet<>();

    Slots(int count) {
        this.count = count;
    }

    boolean isEmpty() {
        return taken.isEmpty();
    }

    /**
     * @param reusable returns how many tokens of the prompt a free slot already contains
     * @throws IllegalStateException if no slot is free
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
        arrived.add(slot);
        prefilling.add(slot);
        return slot;
    }

    /** Frees the slots whose sequences match the predicate, and returns them. */
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
        arrived.removeAll(freed);
        prefilling.removeAll(freed);
        freed.forEach(paused::remove);
        return freed;
    }

    /** Lets a sequence take part in nothing until {@link #resume}. */
    void pause(Slot slot) {
        paused.add(slot);
        prefilling.remove(slot);
    }

    void resume(Slot slot) {
        if (paused.remove(slot) && slot.sequence().toPrefill() > 0) {
            prefilling.add(slot);
            prefilling.sort(Comparator.comparingInt(arrived::indexOf));
        }
    }

    /** Returns the paused sequences, in the order of arrival. */
    List<Slot> paused() {
        return paused.isEmpty()
                ? List.of()
                : arrived.stream().filter(paused::contains).toList();
    }

    /** Returns the sequences that are not paused, in the order of arrival. */
    List<Slot> active() {
        return arrived.stream().filter(slot -> !paused.contains(slot)).toList();
    }

    boolean isActive(Slot slot) {
        return !paused.contains(slot);
    }

    /** Returns whether all sequences are paused. */
    boolean allPaused() {
        return paused.size() == taken.size();
    }

    boolean isTaken(int number) {
        return taken.stream().anyMatch(slot -> slot.number() == number);
    }

    /** Returns the slots whose prompt is in the cache, in the order of their ids. */
    List<Slot> live() {
        return taken.stream()
                .filter(slot -> slot.sequence().toPrefill() == 0 && !paused.contains(slot))
                .toList();
    }

    /** Returns the slots whose prompt is not in the cache yet, in the order of arrival. */
    List<Slot> toPrefill() {
        prefilling.removeIf(slot -> slot.sequence().toPrefill() == 0);
        return prefilling;
    }

    /** Returns whether any prompt is in the cache, so that its sequence generates. */
    boolean anyLive() {
        return toPrefill().size() < taken.size() - paused.size();
    }

    /** Returns the slots whose requests are asked to leave for another worker. */
    List<Slot> asked() {
        return taken.stream()
                .filter(slot -> slot.sequence().request().leaving() > 0)
                .toList();
    }

    /** Returns the number of tokens in the cache of all slots. */
    int cachedTokens() {
        return taken.stream()
                .filter(slot -> !paused.contains(slot))
                .mapToInt(slot -> slot.sequence().cached())
                .sum();
    }
}
