package io.quern.embed;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.Optional;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Supplier;

/** Notifies callers that wait until the engine accepts requests. Thread-safe. */
final class Readiness {
    private final Supplier<Optional<GenerationError>> refusal;
    private final Vertx vertx;
    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();

    private record Waiting(UniEmitter<? super Void> emitter, Context context) {}

    /**
     * Creates the list of waiting callers.
     *
     * @param refusal returns the error with which requests are refused at the moment, if they are
     */
    Readiness(Supplier<Optional<GenerationError>> refusal, Vertx vertx) {
        this.refusal = refusal;
        this.vertx = vertx;
    }

    /** Completes on the subscriber's event loop, or fails if the engine will not accept requests. */
    Uni<Void> reached() {
        return Uni.createFrom().emitter(emitter -> {
            Waiting one = new Waiting(emitter, vertx.getOrCreateContext());
            emitter.onTermination(() -> waiting.remove(one));
            waiting.add(one);
            look();
        });
    }

    /** Checks the state. To be called whenever it may have changed; does not block. */
    void look() {
        if (waiting.isEmpty()) {
            return;
        }
        GenerationError error = refusal.get().orElse(null);
        if (error instanceof GenerationError.Loading) {
            return;
        }
        for (Waiting one = waiting.poll(); one != null; one = waiting.poll()) {
            UniEmitter<? super Void> emitter = one.emitter();
            if (error == null) {
                one.context().runOnContext(turn -> emitter.complete(null));
            } else {
                one.context().runOnContext(turn -> emitter.fail(new GenerationException(error)));
            }
        }
    }
}
