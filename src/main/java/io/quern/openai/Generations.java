package io.quern.openai;

import io.quern.admission.Generation;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.Cancellable;
import io.vertx.core.Context;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The generations of one request. They begin in any order, but fail and end together: if one is refused or fails, the
 * others are withdrawn. For use on the exchange's event loop.
 */
final class Generations {
    private final Supplier<Answer> opens;
    private final Consumer<Throwable> failed;
    private final Consumer<Throwable> broken;
    private final List<Cancellable> held = new ArrayList<>();
    private final List<Accepted> early = new ArrayList<>();
    private @Nullable Answer answer;
    private boolean submitting;
    private boolean over;

    /** A generation whose worker has accepted it before all were submitted. */
    private record Accepted(int index, Generation generation) {}

    /**
     * Creates the set.
     *
     * @param opens called once, when the answer begins
     * @param failed receives the first failure
     * @param broken receives what a listener of a generation throws
     */
    Generations(Supplier<Answer> opens, Consumer<Throwable> failed, Consumer<Throwable> broken) {
        this.opens = opens;
        this.failed = failed;
        this.broken = broken;
    }

    /** Submits all generations, in the order of their choices. */
    void submit(List<Uni<Generation>> all, Context eventLoop) {
        submitting = all.size() > 1;
        for (int i = 0; i < all.size() && !over; i++) {
            int index = i;
            Cancellable waiting = all.get(i)
                    .subscribe()
                    .with(
                            generation -> guarded(() -> accepted(index, generation)),
                            failure -> guarded(() -> fail(failure)));
            if (over) {
                waiting.cancel();
            }
            held.add(waiting);
        }
        if (submitting) {
            // refusals of the queue arrive before this turn, so the client gets them as the status of its answer
            eventLoop.runOnContext(turn -> guarded(this::submitted));
        }
    }

    /** Withdraws everything that waits or runs. */
    void cancel() {
        over = true;
        held.forEach(Cancellable::cancel);
        held.clear();
        // nobody reads their events yet, so only a subscription can withdraw them
        early.forEach(
                one -> one.generation().events().subscribe().with(events -> {}).cancel());
        early.clear();
    }

    /** Withdraws everything because of this failure, unless there was one before. */
    void fail(Throwable failure) {
        if (!over) {
            cancel();
            failed.accept(failure);
        }
    }

    boolean begun() {
        return answer != null;
    }

    private void submitted() {
        submitting = false;
        List<Accepted> accepted = List.copyOf(early);
        early.clear();
        accepted.forEach(one -> begin(one.index(), one.generation()));
    }

    private void accepted(int index, Generation generation) {
        if (submitting) {
            early.add(new Accepted(index, generation));
        } else {
            begin(index, generation);
        }
    }

    private void begin(int index, Generation generation) {
        if (over) {
            return;
        }
        if (answer == null) {
            answer = opens.get();
        }
        GuardedChoice choice = new GuardedChoice(answer.choice(index, generation.promptTokens()), broken);
        held.add(choice);
        generation.events().subscribe().withSubscriber(choice);
    }

    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            broken.accept(e);
        }
    }
}
