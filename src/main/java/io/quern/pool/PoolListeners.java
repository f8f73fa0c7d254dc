package io.quern.pool;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Consumer;
import org.jboss.logging.Logger;

/** The listeners for changes of the pool. They may be added before there are workers. Thread-safe. */
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

    /** A slot may have become free, or the pool's state has changed. */
    void changed() {
        changes.forEach(Runnable::run);
    }

    /** The engine cannot continue. All listeners are called, even if some of them throw. */
    void broken() {
        for (Runnable listener : changes) {
            try {
                listener.run();
            } catch (RuntimeException | Error e) {
                // the next listener must be notified all the same
                LOG.debugf("a listener failed: %s", e);
            }
        }
    }

    void tell(PoolEvent event) {
        events.forEach(listener -> listener.accept(event));
    }
}
