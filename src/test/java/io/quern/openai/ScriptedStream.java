package io.quern.openai;

import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.operators.multi.processors.UnicastProcessor;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicLong;

/**
 * A generation that a test controls by hand. Like admission's, its events arrive on the event loop that submitted it.
 */
final class ScriptedStream {
    final CompletableFuture<Submission> submitted = new CompletableFuture<>();
    final CompletableFuture<Void> cancelled = new CompletableFuture<>();
    final AtomicLong demanded = new AtomicLong();
    private final UnicastProcessor<List<GenerationEvent>> events = UnicastProcessor.create();
    private volatile Context eventLoop;
    private volatile UniEmitter<? super Generation> waiting;

    Uni<Generation> accept(Submission submission) {
        eventLoop = Vertx.currentContext();
        submitted.complete(submission);
        return Uni.createFrom().item(generation());
    }

    /** Keeps the request in the queue until {@link #admit} or {@link #refuse}. */
    Uni<Generation> queue(Submission submission) {
        eventLoop = Vertx.currentContext();
        return Uni.createFrom()
                .<Generation>emitter(emitter -> {
                    waiting = emitter;
                    submitted.complete(submission);
                })
                .onCancellation()
                .invoke(() -> cancelled.complete(null));
    }

    void place(int place) {
        eventLoop.runOnContext(turn -> submitted.join().position().orElseThrow().accept(place));
    }

    void admit() {
        eventLoop.runOnContext(turn -> waiting.complete(generation()));
    }

    void refuse(GenerationError error) {
        eventLoop.runOnContext(turn -> waiting.fail(new GenerationException(error)));
    }

    void say(GenerationEvent... batch) {
        events.onNext(List.of(batch));
    }

    void end() {
        events.onComplete();
    }

    private Generation generation() {
        Multi<List<GenerationEvent>> stream = events.emitOn(task -> eventLoop.runOnContext(turn -> task.run()))
                .onRequest()
                .invoke(demanded::addAndGet)
                .onCancellation()
                .invoke(() -> cancelled.complete(null));
        return new Generation(submitted.join().request().id(), 3, stream);
    }
}
