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

/** Those who wait until requests are taken. Safe for use by several threads. */
final class Readiness {
    private final Supplier<Optional<GenerationError>> refusal;
    private final Vertx vertx;
    private final Queue<Waiting> waiting = new ConcurrentLinkedQueue<>();

    private record Waiting(UniEmitter<? super Void> emitter, Context context) {}

    /** @param refusal what requests are refused with at the moment, if they are */
    Readiness(Supplier<Optional<GenerationError>> refusal, Vertx vertx) {
        this.refusal = refusal;
        this.vertx = vertx;
    }

    /** Told on the subscriber's event loop; fails where requests will not be taken. */
    Uni<Void> reached() {
        return Uni.createFrom().emitter(emitter -> {
            Waiting one = new Waiting(emitter, vertx.getOrCreateContext());
            emitter.onTermination(() -> waiting.remove(one));
            waiting.add(one);
            look();
        });
    }

    /** To be called whenever something may have changed; does not block. */
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
