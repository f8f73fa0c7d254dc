package io.quern.pool;

import io.quern.log.KeyedLog;
import io.quern.wire.EngineFrame;
import io.quern.wire.PrefixComputed;
import io.quern.wire.PrefixFound;
import io.quern.wire.PrefixLayout;
import io.quern.wire.PrefixSought;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Exchanges the states of prompts' prefixes with one worker. The thread that reads the worker's frames only looks them
 * up; the writing thread opens and copies memory, which takes time. Thread-safe.
 */
final class PrefixDesk {
    private static final KeyedLog LOG = KeyedLog.of(PrefixDesk.class);

    /** Offers that are not opened yet. A worker has fewer. */
    private static final int MAX_OFFERS = 8;

    /** Hashes in a frame: more than any context has blocks. */
    private static final int MAX_BLOCKS = 1 << 15;

    private final int workerId;
    private final PrefixStore store;
    private final Outbox outbox;
    private final Supplier<Optional<WorkerMemory>> memory;

    /** States that are to be copied, by request. A worker has no two questions for a place. */
    private final Map<Long, Copy> copies = new HashMap<>();

    /** States that are to be opened, by the worker's numbers. */
    private final Map<Long, Offer> offers = new HashMap<>();

    private boolean closed;

    private record Copy(StoredPrefix state, int place) {}

    private record Offer(PrefixScope scope, PrefixComputed computed) {}

    /** @param memory returns the worker's memory, once the worker has reported it */
    PrefixDesk(int workerId, PrefixStore store, Outbox outbox, Supplier<Optional<WorkerMemory>> memory) {
        this.workerId = workerId;
        this.store = store;
        this.outbox = outbox;
        this.memory = memory;
    }

    /**
     * Answers the question of a worker. The answer is written after the state was copied.
     *
     * @param scope the scope of the request, or {@link PrefixScope#NONE} if it is over
     * @return false if the answer could not be queued
     */
    boolean sought(PrefixSought sought, PrefixScope scope) {
        PrefixFound.Builder answer = PrefixFound.newBuilder().setRequest(sought.getRequest());
        if (!scope.equals(PrefixScope.NONE)
                && sought.getPlace() >= 0
                && sought.getPlace() < PrefixLayout.PLACES
                && sought.getHeld() >= 0
                && sought.getHashesCount() <= MAX_BLOCKS
                && memory.get().isPresent()) {
            PrefixStore.Found found = store.find(scope, sought.getHashesList(), sought.getHeld(), sought.getExact());
            answer.setParts(found.parts());
            found.state().ifPresent(state -> {
                answer.setTokens(state.tokens).setBytes(state.bytes).setExact(state.exact);
                willCopy(sought.getRequest(), new Copy(state, sought.getPlace()));
            });
        }
        return outbox.offer(EngineFrames.prefixFound(answer));
    }

    private synchronized void willCopy(long request, Copy copy) {
        Copy before = closed ? copy : copies.put(request, copy);
        if (before != null) {
            before.state.memory.release();
        }
    }

    /**
     * Takes what a worker offers, later on the writing thread.
     *
     * @param scope as in {@link #sought}
     * @return false if the answer could not be queued
     */
    boolean computed(PrefixComputed computed, PrefixScope scope) {
        synchronized (this) {
            if (!scope.equals(PrefixScope.NONE) && !closed && offers.size() < MAX_OFFERS && plausible(computed)) {
                offers.put(computed.getNumber(), new Offer(scope, computed));
            }
        }
        return outbox.offer(EngineFrames.prefixTaken(computed.getNumber()));
    }

    private static boolean plausible(PrefixComputed computed) {
        int blocks = computed.getHashesCount();
        int tokens = computed.getTokens();
        return blocks > 0
                && blocks <= MAX_BLOCKS
                && tokens >= PrefixLayout.WORTH_IT
                && tokens / PrefixLayout.BLOCK == blocks
                && computed.getBytes() > PrefixLayout.stateAt(tokens);
    }

    /** The writing thread is about to write this frame. May first copy a state, which takes time. */
    void writes(EngineFrame frame) {
        if (frame.hasPrefixFound()) {
            copy(frame.getPrefixFound().getRequest());
        } else if (frame.hasPrefixTaken()) {
            open(frame.getPrefixTaken().getNumber());
        }
    }

    /** If it fails, the worker finds nothing at the place and computes the prompt. */
    private void copy(long request) {
        Copy copy;
        synchronized (this) {
            copy = copies.remove(request);
        }
        if (copy == null) {
            return;
        }
        try {
            WorkerMemory target = memory.get().orElseThrow(() -> new IOException("the worker has no memory"));
            copy.state.memory.copyPrefix(target, PrefixLayout.place(copy.place), copy.state.bytes);
        } catch (IOException e) {
            LOG.workerId(workerId).debugf("cannot copy the state of a prefix: %s", e);
        } finally {
            copy.state.memory.release();
        }
    }

    private void open(long number) {
        Offer offer;
        synchronized (this) {
            offer = offers.remove(number);
        }
        if (offer == null || offer.computed.getBytes() > store.maxBytes()) {
            return;
        }
        PrefixComputed computed = offer.computed;
        try {
            WorkerMemory opened = WorkerMemory.open(computed.getPath());
            boolean taken = false;
            try {
                opened.requirePrefix(computed.getTokens(), computed.getBytes());
                taken = store.add(new StoredPrefix(
                        offer.scope,
                        computed.getTokens(),
                        computed.getBytes(),
                        computed.getExact(),
                        computed.getHashesList(),
                        opened));
            } finally {
                if (!taken) {
                    opened.release();
                }
            }
        } catch (IOException e) {
            LOG.workerId(workerId).debugf("cannot take the state of a prefix: %s", e);
        }
    }

    /** The connection is closed. */
    synchronized void close() {
        closed = true;
        copies.values().forEach(copy -> copy.state.memory.release());
        copies.clear();
        offers.clear();
    }
}
