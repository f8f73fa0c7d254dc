package io.quern.openai;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.Usage;
import io.smallrye.mutiny.subscription.MultiSubscriber;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.Flow;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** Collects all choices until they end. The model's context limits the text. For use on the exchange's event loop. */
final class WholeAnswer implements Answer {
    private final Asked asked;
    private final ChoiceUsage usage;
    private final Choice[] choices;
    private final double[] means;
    private final BiConsumer<List<Choice>, Usage> whole;
    private final Consumer<Throwable> failed;
    private int open;

    /**
     * Creates the answer.
     *
     * @param whole receives all choices at the end
     * @param failed receives failures of choices
     */
    WholeAnswer(Asked asked, BiConsumer<List<Choice>, Usage> whole, Consumer<Throwable> failed) {
        this.asked = asked;
        this.whole = whole;
        this.failed = failed;
        open = asked.generations().size();
        usage = new ChoiceUsage(asked.reply());
        choices = new Choice[open];
        means = new double[open];
    }

    @Override
    public MultiSubscriber<List<GenerationEvent>> choice(int index, int promptTokens) {
        return new Receiver(index);
    }

    private void ended(Choice choice, double mean, Usage spent) {
        choices[choice.index()] = choice;
        means[choice.index()] = mean;
        usage.add(choice.index(), spent);
        if (--open == 0) {
            Candidates candidates = asked.reply().candidates();
            if (asked.reply().shown().promptLogprobs().isPresent()) {
                copyPromptLogprobs(candidates);
            }
            List<Choice> all = Arrays.asList(choices);
            whole.accept(candidates.compared() ? BestChoices.of(all, means, candidates) : all, usage.sum());
        }
    }

    /** Only the first choice of each prompt has them. */
    private void copyPromptLogprobs(Candidates candidates) {
        for (int i = 0; i < choices.length; i++) {
            choices[i] = choices[i].withPromptLogprobs(choices[i - candidates.place(i)].promptLogprobs());
        }
    }

    /** Collects one choice. */
    private final class Receiver implements MultiSubscriber<List<GenerationEvent>> {
        private final ChoiceBuilder choice;
        private boolean over;

        Receiver(int index) {
            choice = new ChoiceBuilder(asked, index);
        }

        @Override
        public void onSubscribe(Flow.Subscription subscription) {
            subscription.request(Long.MAX_VALUE);
        }

        @Override
        public void onItem(List<GenerationEvent> batch) {
            for (GenerationEvent event : batch) {
                switch (event) {
                    case GenerationEvent.PromptLogprobs prompt -> choice.add(prompt);
                    case GenerationEvent.Token token -> choice.add(token);
                    case GenerationEvent.Finished finished -> {
                        over = true;
                        double mean = asked.reply().candidates().compared() ? choice.meanLogprob() : 0;
                        ended(choice.end(finished), mean, choice.spent(finished.usage()));
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
            onFailure(new GenerationException(
                    new GenerationError.Internal("The generation stopped without a final event.")));
        }
    }
}
