package io.quern.pool;

import io.quern.generation.VocabularyQuestion;
import java.util.Comparator;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.concurrent.CompletionStage;
import java.util.stream.Stream;

/** Decides which workers get requests, and which of them gets the next. Thread-safe; nothing blocks. */
final class Routing {
    /** So many requests more may run where the beginning of a prompt is. */
    private static final int MAX_BUSIER = 1;

    private final int most;
    private volatile List<Worker> serving = List.of();
    private volatile WorkerLink keptFree;

    /** How many of the serving workers get requests as long as they have free slots. */
    private volatile int filled = Integer.MAX_VALUE;

    /** @param most the number of workers that get requests at a time; the rest stand by */
    Routing(int most) {
        this.most = most;
    }

    /** Returns the workers that get requests now. */
    List<Worker> serving() {
        return serving;
    }

    /** Replaces serving workers that are no longer ready by workers that are. Called on the supervisor's thread. */
    void update(List<Worker> workers) {
        serving = Stream.concat(serving.stream(), workers.stream())
                .filter(worker -> worker.state() instanceof WorkerState.Ready)
                .distinct()
                .limit(most)
                .toList();
    }

    /** Lets the first so many workers get all requests, as long as they have free slots. */
    void fill(int workers) {
        filled = workers;
    }

    /** Returns the number of workers that get requests first. */
    int filled() {
        return Math.min(filled, serving.size());
    }

    /** Claims a slot of the preferred worker, or else of the one with most free slots. */
    Optional<Lease> acquire(OptionalInt preferred) {
        Lease there = preferred.isPresent() ? leaseOf(preferred.getAsInt()) : null;
        return there == null ? acquire() : Optional.of(there);
    }

    /**
     * Claims a slot of a worker that probably holds the beginning of the prompt, unless another one has clearly more
     * free slots: then the wait would cost more than the beginning saves. Otherwise requests avoid workers that compute
     * a long prompt.
     *
     * @param longPrompt whether the prompt takes long and would delay the streams of its worker. It goes to the worker
     *     with the fewest streams then, even to one that is not to be filled. {@link Balance} moves these streams away,
     *     and the request when it generates.
     */
    Optional<Lease> acquireNear(OptionalInt near, boolean longPrompt) {
        List<WorkerLink> first = first();
        WorkerLink best = mostFree(first);
        if (near.isPresent() && best != null) {
            WorkerLink there = link(near.getAsInt());
            Lease lease =
                    first.contains(there) && there.freeSlots() + MAX_BUSIER >= best.freeSlots() ? there.lease() : null;
            if (lease != null) {
                return Optional.of(lease);
            }
        }
        WorkerLink suitable = longPrompt && best != null && best.busySlots() > 0
                ? mostFree(links())
                : mostFree(first.stream()
                        .filter(link -> !link.prefillsLongPrompt())
                        .toList());
        Lease lease = suitable == null ? null : suitable.lease();
        return lease == null ? acquire() : Optional.of(lease);
    }

    private Lease leaseOf(int id) {
        WorkerLink there = link(id);
        return there == null ? null : there.lease();
    }

    /** Returns null if the worker gets no requests now. */
    private WorkerLink link(int id) {
        return serving.stream()
                .filter(worker -> worker.id() == id)
                .map(Worker::link)
                .filter(link -> link != null && link != keptFree)
                .findFirst()
                .orElse(null);
    }

    private Optional<Lease> acquire() {
        // another thread may take the best worker's last slot; the next try sees that
        for (WorkerLink best = mostFree(); best != null; best = mostFree()) {
            Lease lease = best.lease();
            if (lease != null) {
                return Optional.of(lease);
            }
        }
        return Optional.empty();
    }

    /**
     * Claims all slots of a worker without requests. If there is none, one worker gets no further requests until it
     * has none.
     */
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

    /** No request waits for {@link #acquireAlone} any more. */
    void keepNoneFree() {
        keptFree = null;
    }

    boolean slotFree() {
        return mostFree() != null;
    }

    /** Asks a worker about its vocabulary, or returns empty if none can be asked now. */
    <A> Optional<CompletionStage<A>> ask(VocabularyQuestion<A> question) {
        for (WorkerLink link : links()) {
            Optional<CompletionStage<A>> answer = link.ask(question);
            if (answer.isPresent()) {
                return answer;
            }
        }
        return Optional.empty();
    }

    boolean mayAsk() {
        return links().stream().anyMatch(WorkerLink::mayAsk);
    }

    private WorkerLink mostFree() {
        return mostFree(first());
    }

    /** Returns the workers that get requests first: those to fill, or all others if these are full. */
    private List<WorkerLink> first() {
        List<WorkerLink> links = links();
        int first = Math.min(filled, links.size());
        List<WorkerLink> fill = links.subList(0, first);
        return mostFree(fill) == null ? links.subList(first, links.size()) : fill;
    }

    /** Returns the slots of a worker that requests may get. */
    int freeSlots(WorkerLink link) {
        return link == keptFree ? 0 : link.freeSlots();
    }

    private WorkerLink mostFree(List<WorkerLink> links) {
        WorkerLink best = null;
        int mostFree = 0;
        for (WorkerLink link : links) {
            int free = freeSlots(link);
            if (free > mostFree) {
                best = link;
                mostFree = free;
            }
        }
        return best;
    }

    /** Returns the connections of the workers that get requests now. */
    List<WorkerLink> links() {
        return serving.stream().map(Worker::link).filter(Objects::nonNull).toList();
    }
}
