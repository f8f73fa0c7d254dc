package io.quern.ops;

import io.quern.catalog.HostedModel;
import io.quern.policy.Decision;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The start method of one of several models.
 *
 * @param decision the decision of the last start of its workers, or null if it was never loaded
 */
record ModelDecision(String model, @Nullable Decision decision) {

    /** The body of GET /q/quern/decision if there are several models. */
    record Decisions(List<ModelDecision> models) {
        static Decisions of(List<HostedModel> models) {
            return new Decisions(models.stream()
                    .map(model -> new ModelDecision(model.name(), model.pool().decision()))
                    .toList());
        }
    }
}
