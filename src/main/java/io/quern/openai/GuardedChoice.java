package io.quern.openai;

import io.quern.generation.GenerationEvent;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Wraps the receiver of a choice and handles what it throws. A reactive stream drops the exceptions of a subscriber,
 * and the client would wait forever. For use on the exchange's event loop.
 */
final class GuardedChoice implements MultiSubscriber<List<GenerationEvent>>, Cancellable {
    private final MultiSubscriber<List<GenerationEvent>> receiver;
    private final Consumer<Throwable> broken;
    private Flow.@Nullable Subscription upstream;

    /**
     * Creates the wrapper.
     *
     * @param broken receives what was thrown, at most once for each signal
     */
    GuardedChoice(MultiSubscriber<List<GenerationEvent>> receiver, Consumer<Throwable> broken) {
        this.receiver = receiver;
        this.broken = broken;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        upstream = subscription;
        guarded(() -> receiver.onSubscribe(subscription));
    }

    @Override
    public void onItem(List<GenerationEvent> batch) {
        guarded(() -> receiver.onItem(batch));
    }

    @Override
    public void onFailure(Throwable failure) {
        guarded(() -> receiver.onFailure(failure));
    }

    @Override
    public void onCompletion() {
        guarded(receiver::onCompletion);
    }

    /** Withdraws the generation. */
    @Override
    public void cancel() {
        if (upstream != null) {
            upstream.cancel();
        }
    }

    private void guarded(Runnable signal) {
        try {
            signal.run();
        } catch (RuntimeException | Error e) {
            broken.accept(e);
        }
    }
}
