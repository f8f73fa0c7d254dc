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
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * What becomes of the workers and of the streams they lose, as it happens, for any number of readers up to a bound. One that reads too
 * slowly is ended, and may come again: its first event is how things are then.
 */
@Startup(MetricNames.BEHIND_THE_POOL)
@ApplicationScoped
class PoolEvents implements GenerationObserver {
    /** What a reader may be behind. */
    private static final int BUFFER = 256;

    private final BroadcastProcessor<Object> events = BroadcastProcessor.create();
    private final AtomicInteger readers = new AtomicInteger();
    private final int maxReaders;

    /** A request went on elsewhere. */
    record Migration(Instant at, String request, int lostWorker, int delivered, boolean alone) {}

    @Inject
    PoolEvents(WorkerPool pool, OpsConfig config) {
        maxReaders = config.maxEventStreams();
        pool.onEvent(this::tell);
    }

    /** {@link PoolEvent}s and {@link Migration}s, until the reader leaves; empty where there are readers enough. */
    Optional<Multi<Object>> read() {
        if (readers.incrementAndGet() > maxReaders) {
            readers.decrementAndGet();
            return Optional.empty();
        }
        return Optional.of(events.onOverflow().buffer(BUFFER).onTermination().invoke(readers::decrementAndGet));
    }

    @Override
    public void moved(String request, int lostWorker, int delivered, boolean alone) {
        tell(new Migration(Instant.now(), request, lostWorker, delivered, alone));
    }

    /** Tellers are several, a processor takes one at a time. */
    private synchronized void tell(Object event) {
        events.onNext(event);
    }
}
