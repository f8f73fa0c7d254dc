package io.quern.pool;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** Those who want to know what becomes of the workers, from before there are any. Safe for use by several threads. */
final class PoolListeners {
    private static final Logger LOG = Logger.getLogger(PoolListeners.class);

    private final List<Runnable> changes = new CopyOnWriteArrayList<>();
    private final List<Consumer<PoolEvent>> events = new CopyOnWriteArrayList<>();

    void onChange(Runnable listener) {
        changes.add(listener);
    }

    void onEvent(Consumer<PoolEvent> listener) {
        events.add(listener);
    }

    /** A slot may have come free, or the pool's state has changed. */
    void changed() {
        changes.forEach(Runnable::run);
    }

    /** The same, where the engine cannot go on: all hear of it, whatever others do. */
    void broken() {
        for (Runnable listener : changes) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                // the next one has to hear of it all the same
                LOG.debugf("a listener failed: %s", e);
            }
        }
    }

    void tell(PoolEvent event) {
        events.forEach(listener -> listener.accept(event));
    }
}
