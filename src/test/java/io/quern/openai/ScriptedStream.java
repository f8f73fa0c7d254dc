package io.quern.openai;

import io.quern.admission.Generation;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationRequest;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.operators.multi.processors.UnicastProcessor;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/** A generation that a test plays by hand; its events come on the event loop it was submitted on, as admission's do. */
final class ScriptedStream {
    final CompletableFuture<GenerationRequest> submitted = new CompletableFuture<>();
    final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    final AtomicLong demanded = new AtomicLong();
    private final UnicastProcessor<List<GenerationEvent>> events = UnicastProcessor.create();

    Uni<Generation> accept(GenerationRequest request) {
        io.vertx.core.Context eventLoop = Vertx.currentContext();
        Multi<List<GenerationEvent>> stream = events.emitOn(task -> eventLoop.runOnContext(turn -> task.run()))
                .onRequest()
                .invoke(demanded::addAndGet)
                .onCancellation()
                .invoke(() -> cancelled.complete(null));
        submitted.complete(request);
        return Uni.createFrom().item(new Generation(request.id(), 3, stream));
    }

    /** Never accepts: the request stays in the queue. */
    Uni<Generation> queue(GenerationRequest request) {
        submitted.complete(request);
        return Uni.createFrom().<Generation>nothing().onCancellation().invoke(() -> cancelled.complete(null));
    }

    void say(GenerationEvent... batch) {
        events.onNext(List.of(batch));
    }

    void end() {
        events.onComplete();
    }
}
