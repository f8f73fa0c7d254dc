package io.quern.admission;

import io.quern.pool.Lease;
import io.quern.pool.WorkerPool;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.SequencedSet;

/**
 * Holds all requests that wait for a slot. Requests whose worker was lost go first, and any number of them may wait.
 * Requests that have not begun wait in the fair queue. Thread-safe.
 */
final class WaitingRoom {
    private final WorkerPool pool;
    private final FairQueue<ActiveGeneration> queue;
    private final SequencedSet<ActiveGeneration> moved = new LinkedHashSet<>();
    private final DrainRate rate = new DrainRate();
    private final FamilyPlaces families = new FamilyPlaces();
    private final PrefixPlaces prefixes = new PrefixPlaces();
    private final EngineClock clock;
    private volatile boolean held;
    private int listeners;

    /** The request that begins next, and its slot. */
    record Start(ActiveGeneration generation, Lease lease) {}

    /** @param clock measures how fast the queue moves */
    WaitingRoom(WorkerPool pool, int maxRequests, long maxTokens, EngineClock clock) {
        this.clock = clock;
        this.pool = pool;
        this.queue = new FairQueue<>(maxRequests, maxTokens);
    }

    /**
     * Lets a request wait.
     *
     * @return the requests that were removed to make room; empty if the request is refused
     */
    synchronized Optional<List<ActiveGeneration>> enter(ActiveGeneration generation) {
        Submission submission = generation.submission();
        Optional<List<ActiveGeneration>> leaving = Optional.of(List.of());
        if (queue.isEmpty() && !held && pool.slotFree()) {
            // exceeds the bounds for a moment, because a slot may be free at once
            queue.add(submission.client(), generation, submission.estimatedTokens());
        } else {
            leaving = queue.offer(submission.client(), generation, submission.estimatedTokens());
        }
        leaving.ifPresent(others -> {
            others.forEach(this::left);
            listeners += generation.listens() ? 1 : 0;
            if (!generation.ended()) {
                families.waits(generation);
            }
        });
        return leaving;
    }

    /** Lets a request wait whose worker was lost. */
    synchronized void enterAgain(ActiveGeneration generation) {
        moved.addLast(generation);
    }

    /** Returns whether the request waits now. */
    synchronized boolean holds(ActiveGeneration generation) {
        if (queue.contains(generation)) {
            rate.waits(clock.nanos());
            return true;
        }
        return moved.contains(generation);
    }

    /**
     * Removes a request that is over.
     *
     * @return whether it was waiting
     */
    synchronized boolean end(ActiveGeneration generation) {
        families.ends(generation);
        return withdraw(generation);
    }

    /**
     * Removes a request.
     *
     * @return whether it was waiting
     */
    synchronized boolean withdraw(ActiveGeneration generation) {
        if (queue.remove(generation)) {
            left(generation);
            return true;
        }
        return moved.remove(generation);
    }

    /** Returns the next request with a free slot, or null if none waits or no slot is free for it. */
    synchronized Start next() {
        Start next = nextMoved();
        return next == null ? nextQueued() : next;
    }

    /** Removes and returns any request, or null if none waits. */
    synchronized ActiveGeneration any() {
        if (!moved.isEmpty()) {
            return moved.removeFirst();
        }
        ActiveGeneration generation = queue.poll();
        if (generation != null) {
            left(generation);
        }
        return generation;
    }

    /** Lets no request begin any more, until {@link #release}. */
    synchronized void hold() {
        held = true;
    }

    synchronized void release() {
        held = false;
    }

    boolean isHeld() {
        return held;
    }

    /** Returns the number of requests that have not begun. */
    synchronized int notBegun() {
        return queue.size();
    }

    synchronized int size() {
        return queue.size() + moved.size();
    }

    /** Estimates how long the waiting requests will take to begin, or returns empty if no queue has moved yet. */
    synchronized Optional<Duration> timeToDrain() {
        return rate.timeFor(size(), clock.nanos());
    }

    /** Returns whether any queued request wants to know its position. */
    synchronized boolean listenedTo() {
        return listeners > 0;
    }

    /** Returns all waiting requests in the order in which they will begin. */
    synchronized List<ActiveGeneration> inTurn() {
        List<ActiveGeneration> all = queue.inTurn();
        all.addAll(0, moved);
        return all;
    }

    /** A request that waits for a worker of its own does not delay the others. */
    private Start nextMoved() {
        boolean anyAlone = false;
        for (ActiveGeneration generation : moved) {
            anyAlone |= generation.alone();
            Optional<Lease> free = generation.alone() ? pool.acquireAlone() : acquire(generation);
            if (free.isPresent()) {
                moved.remove(generation);
                return begin(generation, free.get());
            }
        }
        if (!anyAlone) {
            pool.keepNoneFree();
        }
        return null;
    }

    private Start nextQueued() {
        Optional<Lease> free = held || queue.isEmpty() ? Optional.empty() : acquire(queue.peek());
        return free.map(lease -> {
                    ActiveGeneration generation = queue.poll();
                    rate.began(clock.nanos(), !queue.isEmpty());
                    left(generation);
                    return begin(generation, lease);
                })
                .orElse(null);
    }

    /**
     * Choices of one answer share a worker. Other requests rather go where their prompt may be in the cache, and long
     * prompts where they delay no stream.
     */
    private Optional<Lease> acquire(ActiveGeneration generation) {
        OptionalInt ofFamily = families.of(generation);
        return ofFamily.isPresent() || !pool.routes()
                ? pool.acquire(ofFamily)
                : pool.acquireNear(prefixes.of(generation.beginnings()), generation.hasLongPrompt());
    }

    private Start begin(ActiveGeneration generation, Lease lease) {
        families.begins(generation, lease.workerId());
        if (pool.routes()) {
            prefixes.begins(generation.beginnings(), lease.workerId());
        }
        return new Start(generation, lease);
    }

    private void left(ActiveGeneration generation) {
        listeners -= generation.listens() ? 1 : 0;
        if (queue.isEmpty()) {
            rate.nobodyWaits();
        }
    }
}
