package io.quern.ops;

import io.quarkus.runtime.Startup;
import io.quern.admission.GenerationObserver;
import io.quern.pool.PoolEvent;
import io.quern.pool.WorkerPool;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.operators.multi.processors.BroadcastProcessor;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * What happens to the workers and to the streams they lose, as it happens, for any number of readers up to a bound. One
 * that reads too slowly is ended, and may come again: its first event is how things are then.
 */
@Startup(MetricNames.BEHIND_THE_POOL)
@ApplicationScoped
class PoolEvents implements GenerationObserver {
    /** What a reader may be behind. */
    private static final int BUFFER = 256;

    private final BroadcastProcessor<Object> events = BroadcastProcessor.create();
    private final List<Reader> readers = new ArrayList<>();
    private final int maxReaders;

    /** A request went on elsewhere. Which one is for the log: whose request it is must not be seen here. */
    record Migration(Instant at, int lostWorker, int delivered, boolean alone) {}

    /** The oldest come first in the list. Compared by identity. */
    private static final class Reader {
        final String address;
        final Runnable giveWay;

        Reader(String address, Runnable giveWay) {
            this.address = address;
            this.giveWay = giveWay;
        }
    }

    @Inject
    PoolEvents(WorkerPool pool, OpsConfig config) {
        this(config.maxEventStreams());
        pool.onEvent(this::tell);
    }

    PoolEvents(int maxReaders) {
        this.maxReaders = maxReaders;
    }

    /**
     * {@link PoolEvent}s and {@link Migration}s, until the reader leaves. If there are readers enough, the oldest one
     * at the address that has most of them gives way: nobody can lock out the others by reading much.
     *
     * @param address where the reader is
     * @param giveWay ends its stream; called on any thread, and must not wait
     * @return empty if there may be no reader at all
     */
    Optional<Multi<Object>> read(String address, Runnable giveWay) {
        if (maxReaders <= 0) {
            return Optional.empty();
        }
        Reader reader = new Reader(address, giveWay);
        Optional<Reader> oldest = enter(reader);
        oldest.ifPresent(one -> one.giveWay.run());
        return Optional.of(events.onOverflow().buffer(BUFFER).onTermination().invoke(() -> leave(reader)));
    }

    private synchronized Optional<Reader> enter(Reader reader) {
        Optional<Reader> oldest = readers.size() < maxReaders ? Optional.empty() : Optional.of(oldestOfMost());
        oldest.ifPresent(readers::remove);
        readers.add(reader);
        return oldest;
    }

    private Reader oldestOfMost() {
        Map<String, Long> counts =
                readers.stream().collect(Collectors.groupingBy(reader -> reader.address, Collectors.counting()));
        long most = counts.values().stream().max(Long::compare).orElseThrow();
        return readers.stream()
                .filter(reader -> counts.getOrDefault(reader.address, 0L) == most)
                .findFirst()
                .orElseThrow();
    }

    private synchronized void leave(Reader reader) {
        readers.remove(reader);
    }

    @Override
    public void moved(String request, int lostWorker, int delivered, boolean alone) {
        tell(new Migration(Instant.now(), lostWorker, delivered, alone));
    }

    /** Tellers are several, a processor takes one at a time. */
    synchronized void tell(Object event) {
        events.onNext(event);
    }
}
