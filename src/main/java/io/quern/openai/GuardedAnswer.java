package io.quern.openai;

import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;

/**
 * Wraps an answer and handles what it throws. A reactive stream drops the exceptions of a subscriber, and the client
 * would wait forever.
 *
 * @param broken receives what was thrown, at most once for each signal
 */
record GuardedAnswer(Answer answer, Consumer<Throwable> broken) implements MultiSubscriber<List<GenerationEvent>> {
    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        guarded(() -> answer.onSubscribe(subscription));
    }

    @Override
    public void onItem(List<GenerationEvent> batch) {
        guarded(() -> answer.onItem(batch));
    }

    @Override
    public void onFailure(Throwable failure) {
        guarded(() -> answer.onFailure(failure));
    }

    @Override
    public void onCompletion() {
        guarded(answer::onCompletion);
    }

    private void guarded(Runnable signal) {
        try {
            signal.run();
        } catch (RuntimeException | Error e) {
            broken.accept(e);
        }
    }
}
