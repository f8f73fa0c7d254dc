package io.quern.pool;

import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.stream.Stream;

/** Which workers get requests, and which of them the next one. Safe for use by several threads; nothing blocks. */
final class Routing {
    private final int most;
    private volatile List<Worker> serving = List.of();
    private volatile WorkerLink keptFree;

    /** @param most how many workers get requests at a time; the rest stand by */
    Routing(int most) {
        this.most = most;
    }

    /** Those that get requests now. */
    List<Worker> serving() {
        return serving;
    }

    /** On the supervisor's thread: who serves goes on, and those that are ready take the places of those that are not. */
    void update(List<Worker> workers) {
        serving = Stream.concat(serving.stream(), workers.stream())
                .filter(worker -> worker.state() instanceof WorkerState.Ready)
                .distinct()
                .limit(most)
                .toList();
    }

    /** A slot of the worker that has most free ones. */
    Optional<Lease> acquire() {
        // the best by a snapshot may be taken meanwhile: then the next try sees that
        for (WorkerLink best = mostFree(); best != null; best = mostFree()) {
            Lease lease = best.lease();
            if (lease != null) {
                return Optional.of(lease);
            }
        }
        return Optional.empty();
    }

    /** All slots of a worker that no other request is on; where there is none, one gets no further requests until it is. */
    synchronized Optional<Lease> acquireAlone() {
        List<WorkerLink> links = links();
        for (WorkerLink link : links) {
            Lease lease = link.leaseAlone();
            if (lease != null) {
                keptFree = null;
                return Optional.of(lease);
            }
        }
        if (!links.contains(keptFree)) {
            keptFree = links.stream()
                    .min(Comparator.comparingInt(WorkerLink::busySlots))
                    .orElse(null);
        }
        return Optional.empty();
    }

    /** Nobody waits for {@link #acquireAlone} any more. */
    void keepNoneFree() {
        keptFree = null;
    }

    boolean slotFree() {
        return mostFree() != null;
    }

    private WorkerLink mostFree() {
        WorkerLink best = null;
        int mostFree = 0;
        for (WorkerLink link : links()) {
            int free = link == keptFree ? 0 : link.freeSlots();
            if (free > mostFree) {
                best = link;
                mostFree = free;
            }
        }
        return best;
    }

    private List<WorkerLink> links() {
        return serving.stream().map(Worker::link).filter(Objects::nonNull).toList();
    }
}
