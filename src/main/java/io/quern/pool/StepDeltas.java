package io.quern.pool;

import io.quern.wire.Delta;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import org.jboss.logging.Logger;

/** The deltas of one step for one event loop. */
final class StepDeltas {
    private static final Logger LOG = Logger.getLogger(StepDeltas.class);

    private final Context context;
    private final List<Lease> leases = new ArrayList<>();
    private final List<Delta> deltas = new ArrayList<>();

    private StepDeltas(Context context) {
        this.context = context;
    }

    /** Returns the batch of this context, and adds one to the step's batches if there is none. */
    static StepDeltas of(List<StepDeltas> batches, Context context) {
        for (StepDeltas batch : batches) {
            if (batch.context == context) {
                return batch;
            }
        }
        StepDeltas batch = new StepDeltas(context);
        batches.add(batch);
        return batch;
    }

    void add(Lease lease, Delta delta) {
        leases.add(lease);
        deltas.add(delta);
    }

    /** Passes the deltas to their streams, in one task of the context. */
    void send() {
        context.runOnContext(turn -> deliver());
    }

    /** A subscriber that throws does not affect other streams. */
    private void deliver() {
        for (int i = 0; i < leases.size(); i++) {
            try {
                leases.get(i).deliver(deltas.get(i));
            } catch (RuntimeException e) {
                LOG.errorf(e, "the subscriber of a stream failed, so its request is cancelled");
                leases.get(i).cancel();
            }
        }
    }
}
