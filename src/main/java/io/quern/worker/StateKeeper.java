package io.quern.worker;

import io.quern.llama.LlamaContext;
import io.quern.wire.Generate;
import io.quern.wire.StateLayout;
import io.quern.wire.WorkerSettings;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.IntSupplier;

/**
 * Copies the state of running sequences into memory that outlives this process, one at a time between steps, those first that have
 * most to lose. Another worker then takes a sequence up where it was copied, bit for bit, and replays only what came behind. What the
 * copying costs is measured, and bounded to a share of the steps' time, however large the model or slow its memory.
 *
 * <p>Used by the step loop; {@link #open} by another thread before the first call has an effect.
 */
final class StateKeeper {
    /** Tokens that are worth a copy. */
    private static final int WORTH_IT = 8;

    /** The share may be saved up for so long: a burst must not hold the streams up. */
    private static final long MAX_CREDIT_NANOS = 100_000_000;

    private final boolean wanted;
    private final int slots;
    private final int contextLength;
    private final long maxBytes;
    private final double share;
    private final long[] used;
    private volatile SharedMemory memory;
    private StateFile file;
    private boolean broken;
    private double nanosPerToken;
    private long credit;

    /** @param contextLength tokens per slot */
    StateKeeper(WorkerSettings settings, int contextLength) {
        WorkerSettings.StateCopies copies = settings.getStateCopies();
        this.wanted = settings.hasStateCopies() && copies.getShare() > 0;
        this.slots = settings.getSequences().getSlots();
        this.contextLength = contextLength;
        // what has no room is not copied
        this.maxBytes = copies.getBytes();
        this.share = copies.getShare();
        this.used = new long[slots];
    }

    boolean wanted() {
        return wanted && SharedMemory.possible();
    }

    /** Makes the memory; returns where another process can open it. */
    String open() throws IOException {
        SharedMemory made = SharedMemory.create();
        String path = made.path();
        memory = made;
        return path;
    }

    /** What another worker has left of a request, see {@link SavedSequence}; from any thread. */
    Optional<SavedSequence> left(Generate request, int[] prompt) throws IOException {
        return SavedSequence.of(request, prompt, slots, memory);
    }

    /**
     * Between two steps: all that the sequences have come to has been told to the engine.
     *
     * @param nanos that the step before took
     * @param mostTokens the longest sequence that is worth a copy; asked when the first copy is due
     */
    void keep(List<Slot> live, LlamaContext context, long nanos, IntSupplier mostTokens) {
        if (memory == null || broken) {
            return;
        }
        credit = Math.min(MAX_CREDIT_NANOS, credit + (long) (nanos * share));
        while (credit > 0) {
            Slot next = live.stream()
                    .max(Comparator.comparingInt(slot -> slot.sequence().unkept()))
                    .orElse(null);
            if (next == null || next.sequence().unkept() < WORTH_IT) {
                return;
            }
            int tokens = next.sequence().cached();
            if (tokens > mostTokens.getAsInt()) {
                next.sequence().neverKeep();
                continue;
            }
            if (nanosPerToken * tokens > credit) {
                return;
            }
            boolean first = file == null;
            long begin = System.nanoTime();
            boolean kept = copy(next, live, context);
            long took = System.nanoTime() - begin;
            if (first) {
                // the JVM has seen none of this before: what it took says nothing
                return;
            }
            if (nanosPerToken > 0) {
                // on a busy machine another process's turn may have come in between: that was no copying
                took = Math.min(took, (long) (2 * nanosPerToken * tokens));
            }
            credit -= took;
            if (kept) {
                double cost = (double) took / tokens;
                nanosPerToken = nanosPerToken == 0 ? cost : (3 * nanosPerToken + cost) / 4;
            }
        }
    }

    /** The slot's sequence is over. */
    void forget(int slot) {
        if (file != null && used[slot] > 0) {
            file.clear(slot);
        }
    }

    private boolean copy(Slot slot, List<Slot> live, LlamaContext context) {
        Sequence sequence = slot.sequence();
        long bytes = context.stateBytes(slot.number());
        if (file == null && !lay(bytes, sequence.cached())) {
            return false;
        }
        if (bytes > file.room() || !makeRoom(slot.number(), bytes, live)) {
            sequence.neverKeep();
            return false;
        }
        file.clear(slot.number());
        used[slot.number()] = Math.max(used[slot.number()], bytes);
        long written = context.saveState(slot.number(), file.data(slot.number(), bytes));
        if (written != bytes) {
            sequence.neverKeep();
            return false;
        }
        file.set(
                slot.number(),
                sequence.request().id(),
                sequence.cached(),
                sequence.hash(),
                SavedSequence.scope(sequence.request().generate()),
                bytes);
        sequence.kept();
        return true;
    }

    /**
     * Each slot gets the room that a full one needs, but no more than all may take; pages are taken as they are filled. A state that does not
     * grow with the sequence (recurrent models) would otherwise be taken for one that does.
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

    private boolean makeRoom(int slot, long bytes, List<Slot> live) {
        if (fits(slot, bytes)) {
            return true;
        }
        Set<Integer> running = new HashSet<>();
        live.forEach(one -> running.add(one.number()));
        for (int other = 0; other < slots; other++) {
            if (used[other] > 0 && other != slot && !running.contains(other)) {
                MemorySegment part = file.part(other);
                memory.giveBack(part);
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
