package io.quern.ops;

import com.fasterxml.jackson.annotation.JsonUnwrapped;
import io.quarkus.runtime.Startup;
import io.quern.admission.GenerationObserver;
import io.quern.catalog.ModelCatalog;
import io.quern.catalog.ModelEvent;
import io.quern.pool.PoolEvent;
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
 * Publishes what happens to the workers, and to the streams that they lose, to a limited number of readers. A reader
 * that is too slow is disconnected. It may connect again: its first event is the present state.
 */
@Startup(MetricNames.AFTER_THE_POOL)
@ApplicationScoped
class PoolEvents implements GenerationObserver {
    /** Events that a reader may lag behind. */
    private static final int BUFFER = 256;

    private final BroadcastProcessor<Object> events = BroadcastProcessor.create();
    private final List<Reader> readers = new ArrayList<>();
    private final int maxReaders;

    /** What happened to a worker of a model. */
    record WorkerEvent(@JsonUnwrapped PoolEvent event, String model) {}

    /** A request moved to another worker. Only the log names the request, because readers must not see whose it is. */
    record Migration(Instant at, int lostWorker, int delivered, boolean alone) {}

    /** A reader of the events. The list has the oldest ones first. Compared by identity. */
    private static final class Reader {
        final String address;
        final Runnable giveWay;

        Reader(String address, Runnable giveWay) {
            this.address = address;
            this.giveWay = giveWay;
        }
    }

    @Inject
    PoolEvents(ModelCatalog catalog, OpsConfig config) {
        this(config.maxEventStreams());
        catalog.all().forEach(model -> model.pool().onEvent(event -> publish(new WorkerEvent(event, model.name()))));
        catalog.onTransition(this::publish);
    }

    PoolEvents(int maxReaders) {
        this.maxReaders = maxReaders;
    }

    /**
     * Returns {@link WorkerEvent}s, {@link ModelEvent}s and {@link Migration}s until the reader leaves. If there are as
     * many readers as allowed, the oldest one of the address with the most readers gives way. Nobody can therefore lock
     * out others by opening many streams.
     *
     * @param address where the reader is
     * @param giveWay ends the stream of this reader; called on any thread, and must not block
     * @return empty if no readers are allowed
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
        publish(new Migration(Instant.now(), lostWorker, delivered, alone));
    }

    /** Publishes an event. Synchronized because several threads publish, and a processor takes one event at a time. */
    synchronized void publish(Object event) {
        events.onNext(event);
    }
}
