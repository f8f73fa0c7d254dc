package io.quern.openai;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Collects a generation until it ends. The model's context limits the text. For use on the exchange's event loop. */
final class WholeAnswer implements Answer {
    private final StringBuilder text = new StringBuilder();
    private final BiConsumer<String, GenerationEvent.Finished> whole;
    private final Consumer<Throwable> failed;
    private Flow.Subscription upstream;
    private boolean over;

    WholeAnswer(BiConsumer<String, GenerationEvent.Finished> whole, Consumer<Throwable> failed) {
        this.whole = whole;
        this.failed = failed;
    }

    @Override
    public void onSubscribe(Flow.Subscription subscription) {
        upstream = subscription;
        upstream.request(Long.MAX_VALUE);
    }

    @Override
    public void cancel() {
        upstream.cancel();
    }

    @Override
    public void onItem(List<GenerationEvent> batch) {
        for (GenerationEvent event : batch) {
            switch (event) {
                case GenerationEvent.PromptLogprobs prompt -> {}
                case GenerationEvent.Token token -> text.append(token.text());
                case GenerationEvent.Finished finished -> {
                    over = true;
                    whole.accept(text.toString(), finished);
                }
                case GenerationEvent.Failed error -> onFailure(new GenerationException(error.error()));
            }
        }
    }

    @Override
    public void onFailure(Throwable failure) {
        if (!over) {
            over = true;
            failed.accept(failure);
        }
    }

    @Override
    public void onCompletion() {
        onFailure(
                new GenerationException(new GenerationError.Internal("The generation stopped without a final event.")));
    }
}
