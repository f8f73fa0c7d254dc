package io.quern.pool;

import io.quern.wire.Delta;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/** The deltas of one step that go to one event loop. */
final class StepDeltas {
    private static final Logger LOG = Logger.getLogger(StepDeltas.class);

    final Context context;
    private final List<Lease> leases = new ArrayList<>();
    private final List<Delta> deltas = new ArrayList<>();

    StepDeltas(Context context) {
        this.context = context;
    }

    void add(Lease lease, Delta delta) {
        leases.add(lease);
        deltas.add(delta);
    }

    /** On the context. A subscriber that throws harms nobody else's stream. */
    void deliver() {
        for (int i = 0; i < leases.size(); i++) {
            try {
                leases.get(i).deliver(deltas.get(i));
            } catch (RuntimeException e) {
                LOG.errorf(e, "a stream's subscriber failed");
                leases.get(i).cancel();
            }
        }
    }
}
