package io.quern.admission;

import io.quern.pool.Lease;
import io.quern.pool.WorkerPool;
import io.quern.time.EngineClock;
import java.time.Duration;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Optional;
import java.util.SequencedSet;

/**
 * All that wait for a slot: those whose worker was lost, who go first and are let in however many wait, and the fair queue of those
 * who have not begun. Safe for use by several threads.
 */
final class WaitingRoom {
    private final WorkerPool pool;
    private final FairQueue<ActiveGeneration> queue;
    private final SequencedSet<ActiveGeneration> moved = new LinkedHashSet<>();
    private final DrainRate rate = new DrainRate();
    private final EngineClock clock;
    private int listeners;

    /** Who goes next, and on which slot. */
    record Start(ActiveGeneration generation, Lease lease) {}

    /** @param clock that the queue's pace is measured by */
    WaitingRoom(WorkerPool pool, int maxRequests, long maxTokens, EngineClock clock) {
        this.clock = clock;
        this.pool = pool;
        this.queue = new FairQueue<>(maxRequests, maxTokens);
    }

    /** @return those that had to leave for it; empty: it has to stay out */
    synchronized Optional<List<ActiveGeneration>> enter(ActiveGeneration generation) {
        Submission submission = generation.submission();
        Optional<List<ActiveGeneration>> leaving = Optional.of(List.of());
        if (queue.isEmpty() && pool.slotFree()) {
            // beyond the bounds for a moment: there may be a slot for it at once
            queue.add(submission.client(), generation, submission.estimatedTokens());
        } else {
            leaving = queue.offer(submission.client(), generation, submission.estimatedTokens());
        }
        leaving.ifPresent(others -> {
            others.forEach(this::left);
            listeners += generation.listens() ? 1 : 0;
        });
        return leaving;
    }

    /** Its worker was lost. */
    synchronized void enterAgain(ActiveGeneration generation) {
        moved.addLast(generation);
    }

    /** Whether it waits now. */
    synchronized boolean holds(ActiveGeneration generation) {
        if (queue.contains(generation)) {
            rate.waits(clock.nanos());
            return true;
        }
        return moved.contains(generation);
    }

    /** @return whether it waited */
    synchronized boolean withdraw(ActiveGeneration generation) {
        if (queue.remove(generation)) {
            left(generation);
            return true;
        }
        return moved.remove(generation);
    }

    /** Null where nobody waits, or no slot is free for who does. */
    synchronized Start next() {
        Start next = nextMoved();
        return next == null ? nextQueued() : next;
    }

    /** Takes out anyone; null where nobody waits. */
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

    synchronized int size() {
        return queue.size() + moved.size();
    }

    /** How long those who wait now will take to begin; empty where no queue has moved yet. */
    synchronized Optional<Duration> timeToDrain() {
        return rate.timeFor(size(), clock.nanos());
    }

    /** Whether any of those in the queue wants to know its place. */
    synchronized boolean listenedTo() {
        return listeners > 0;
    }

    /** All who wait, in the order in which they will go. */
    synchronized List<ActiveGeneration> inTurn() {
        List<ActiveGeneration> all = queue.inTurn();
        all.addAll(0, moved);
        return all;
    }

    /** One that waits for a worker of its own holds nobody else up. */
    private Start nextMoved() {
        boolean anyAlone = false;
        for (ActiveGeneration generation : moved) {
            anyAlone |= generation.alone();
            Optional<Lease> free = generation.alone() ? pool.acquireAlone() : pool.acquire();
            if (free.isPresent()) {
                moved.remove(generation);
                return new Start(generation, free.get());
            }
        }
        if (!anyAlone) {
            pool.keepNoneFree();
        }
        return null;
    }

    private Start nextQueued() {
        Optional<Lease> free = queue.isEmpty() ? Optional.empty() : pool.acquire();
        return free.map(lease -> {
                    ActiveGeneration generation = queue.poll();
                    rate.began(clock.nanos(), !queue.isEmpty());
                    left(generation);
                    return new Start(generation, lease);
                })
                .orElse(null);
    }

    private void left(ActiveGeneration generation) {
        listeners -= generation.listens() ? 1 : 0;
        if (queue.isEmpty()) {
            rate.nobodyWaits();
        }
    }
}
