package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.Usage;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Combines several observers into one. If one of them throws, the others and the request are not affected. */
final class Observers implements GenerationObserver {
    private static final Logger LOG = Logger.getLogger(Observers.class);

    private final List<GenerationObserver> all;

    private Observers(List<GenerationObserver> all) {
        this.all = new CopyOnWriteArrayList<>(all);
    }

    static Observers of(List<GenerationObserver> all) {
        return new Observers(all);
    }

    void add(GenerationObserver observer) {
        all.add(observer);
    }

    @Override
    public void submitted() {
        tell(GenerationObserver::submitted);
    }

    @Override
    public void leased(Duration waited) {
        tell(o -> o.leased(waited));
    }

    @Override
    public void accepted(int promptTokens) {
        tell(o -> o.accepted(promptTokens));
    }

    @Override
    public void firstToken(Duration sinceSubmitted) {
        tell(o -> o.firstToken(sinceSubmitted));
    }

    @Override
    public void tokens(int count, Duration sinceLast) {
        tell(o -> o.tokens(count, sinceLast));
    }

    @Override
    public void moved(String request, int lostWorker, int delivered, boolean alone) {
        tell(o -> o.moved(request, lostWorker, delivered, alone));
    }

    @Override
    public void finished(GenerationEvent.Finished finished, Duration sinceSubmitted) {
        tell(o -> o.finished(finished, sinceSubmitted));
    }

    @Override
    public void failed(GenerationError error, Usage soFar) {
        tell(o -> o.failed(error, soFar));
    }

    private void tell(Consumer<GenerationObserver> what) {
        for (GenerationObserver observer : all) {
            try {
                what.accept(observer);
            } catch (RuntimeException | LinkageError e) {
                LOG.errorf(
                        e,
                        "an observer of requests failed, and its metrics may be incomplete: %s",
                        observer.getClass().getName());
            }
        }
    }
}
