package io.quern.ops;

import io.quarkus.arc.profile.IfBuildProfile;
import io.quern.admission.Admission;
import io.quern.admission.AdmissionConfig;
import io.quern.admission.Submission;
import io.quern.catalog.HostedModel;
import io.quern.generation.GenerationRequest;
import io.quern.generation.Prompt;
import io.quern.generation.SamplingOptions;
import io.quern.pool.PoolView;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Vertx;
import jakarta.inject.Singleton;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Takes all slots and all places in the queue for a while, in development mode and in tests. */
@IfBuildProfile(anyOf = {"dev", "test"})
@Singleton
final class QueueFiller {
    private final AdmissionConfig config;
    private final Vertx vertx;

    QueueFiller(AdmissionConfig config, Vertx vertx) {
        this.config = config;
        this.vertx = vertx;
    }

    /**
     * Fills slots and queue of a model, and returns the number of requests that this took. They are withdrawn after the
     * given time. A request that ends earlier makes room.
     */
    int fill(HostedModel model, Duration time) {
        Admission admission = model.admission();
        PoolView view = model.pool().view();
        int requests =
                Math.max(0, view.slots() - view.busySlots()) + Math.max(0, config.queueSize() - admission.waiting());
        List<Cancellable> held = new ArrayList<>();
        for (int i = 0; i < requests; i++) {
            var request = new GenerationRequest(
                    "fill-" + i, new Prompt.Text("Fill.", true), SamplingOptions.greedy(), 0, List.of(), true);
            // each is a client of its own: the next request of a client that held everything would have to give way
            held.add(admission
                    .submit(new Submission(request, request.id(), Optional.empty(), Optional.empty()))
                    .onItem()
                    .transformToMulti(generation -> generation.events())
                    .subscribe()
                    .with(events -> {}, failure -> {}));
        }
        vertx.setTimer(time.toMillis(), timer -> held.forEach(Cancellable::cancel));
        return requests;
    }
}
