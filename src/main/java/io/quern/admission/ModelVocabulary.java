package io.quern.admission;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.generation.VocabularyQuestion;
import io.quern.pool.LossCause;
import io.quern.pool.QuestionLostException;
import io.quern.pool.WorkerPool;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * The vocabulary of one model, for questions about tokens. They take no slot. Questions wait while all workers are
 * busy with others, clients take turns, and a question whose worker was lost goes to another one. Thread-safe; nothing
 * blocks.
 */
public final class ModelVocabulary {
    /** Questions take milliseconds, so this is enough for a queue of them. */
    private static final Duration RETRY_AFTER = Duration.ofSeconds(1);

    /** Texts of the greatest length that may wait, for the sake of memory. */
    private static final int WAITING_TEXTS = 4;

    private final WorkerPool pool;
    private final Gate gate;
    private final TokenizeConfig limits;
    private final int migrations;
    private final Timers timers;
    private final Supplier<@Nullable GenerationError> refusal;
    private final Runnable ended;
    private final FairQueue<Asking<?>> waiting;
    private int open;
    private boolean held;

    /**
     * @param policy the limits of questions, and how many workers a request may end before it must be alone
     * @param refusal returns the error that new requests get, or null
     * @param ended called when no question is left, and after each question while they are held
     */
    ModelVocabulary(
            WorkerPool pool,
            Gate gate,
            AdmissionPolicy policy,
            Timers timers,
            Supplier<@Nullable GenerationError> refusal,
            Runnable ended) {
        this.pool = pool;
        this.gate = gate;
        limits = policy.tokenize();
        migrations = policy.migration().limit();
        this.timers = timers;
        this.refusal = refusal;
        this.ended = ended;
        waiting = new FairQueue<>(limits.queueSize(), (long) WAITING_TEXTS * limits.maxLength());
    }

    /**
     * Asks a question. A model that is loaded on demand is loaded for it.
     *
     * @param client identifies the client, for its turn
     * @param timeout shortens the configured one
     * @return completes on any thread; fails with {@link GenerationException}. Cancelling it withdraws the question.
     */
    public <A> Uni<A> ask(VocabularyQuestion<A> question, String client, Optional<Duration> timeout) {
        return Uni.createFrom().emitter(emitter -> {
            Asking<A> asking = new Asking<>(question, client, emitter);
            emitter.onTermination(() -> withdraw(asking));
            admit(asking, timeout);
        });
    }

    /** Returns the number of questions that wait for a worker. */
    synchronized int waiting() {
        return waiting.size();
    }

    /** Returns whether no question waits or is being answered. */
    synchronized boolean isIdle() {
        return open == 0;
    }

    /** Sends no question to a worker, until {@link #release}. Those that were sent are answered. */
    synchronized void hold() {
        held = true;
    }

    void release() {
        synchronized (this) {
            held = false;
        }
        dispatch();
    }

    /** Returns whether all questions that are left wait. */
    synchronized boolean isDrained() {
        return open == waiting.size();
    }

    /** Sends waiting questions to workers that can be asked, or refuses them if requests are refused. */
    void dispatch() {
        if (!pool.mayServe()) {
            refuseWaiting();
            return;
        }
        synchronized (this) {
            while (!held && !waiting.isEmpty() && pool.mayAsk()) {
                Asking<?> next = waiting.poll();
                if (!next.send()) {
                    // its worker was lost in this moment
                    waiting.add(next.client, next, next.question.length());
                    return;
                }
            }
        }
    }

    /** Refuses all waiting questions if new ones would be refused. */
    void refuseWaiting() {
        GenerationError error = refusal.get();
        if (error != null) {
            List<Asking<?>> refused = new ArrayList<>();
            synchronized (this) {
                for (Asking<?> next = waiting.poll(); next != null; next = waiting.poll()) {
                    refused.add(next);
                }
            }
            refused.forEach(asking -> asking.fail(error));
        }
    }

    private void admit(Asking<?> asking, Optional<Duration> timeout) {
        synchronized (this) {
            open++;
        }
        GenerationError error = problem(asking.question);
        if (error != null) {
            asking.fail(error);
            return;
        }
        Duration limit =
                timeout.filter(own -> own.compareTo(limits.timeout()) < 0).orElse(limits.timeout());
        asking.timer = timers.after(limit, () -> asking.fail(tooLate(asking, limit)));
        Optional<List<Asking<?>>> leaving;
        synchronized (this) {
            leaving = asking.over
                    ? Optional.of(List.of())
                    : waiting.offer(asking.client, asking, asking.question.length());
        }
        leaving.ifPresentOrElse(
                others -> others.forEach(other -> other.fail(overloaded())), () -> asking.fail(overloaded()));
        dispatch();
        if (waits(asking)) {
            // after the question has entered: a model is loaded on demand only if somebody waits for it
            gate.arrives();
        }
    }

    private @Nullable GenerationError problem(VocabularyQuestion<?> question) {
        return question.length() > limits.maxLength()
                ? new GenerationError.InvalidRequest(
                        question.field(),
                        question.field() + " must have at most " + limits.maxLength()
                                + " characters or tokens (quern.tokenize.max-length), but has " + question.length())
                : refusal.get();
    }

    private GenerationError overloaded() {
        return new GenerationError.Overloaded(
                RETRY_AFTER,
                "Too many or too long requests for tokens are waiting (quern.tokenize.queue-size). Try again later.");
    }

    private GenerationError tooLate(Asking<?> asking, Duration limit) {
        String seconds = Deadlines.seconds(limit) + " s";
        return waits(asking)
                ? new GenerationError.QueueTimeout(
                        RETRY_AFTER,
                        gate.delay().map(why -> why + ". ").orElse("") + "No worker could be asked within " + seconds
                                + ". Try again later.")
                : new GenerationError.DeadlineExceeded("The worker did not answer within " + seconds + ".");
    }

    private synchronized boolean waits(Asking<?> asking) {
        return waiting.contains(asking);
    }

    private void withdraw(Asking<?> asking) {
        boolean awaited;
        synchronized (this) {
            if (asking.over) {
                return;
            }
            asking.over = true;
            waiting.remove(asking);
            open--;
            awaited = open == 0 || held;
        }
        asking.timer.cancel();
        if (awaited) {
            ended.run();
        }
    }

    /** One question, until its answer is there or nobody waits for it any more. */
    private final class Asking<A> {
        final VocabularyQuestion<A> question;
        final String client;
        final UniEmitter<? super A> emitter;
        final QuestionLosses losses = new QuestionLosses(limits.maxLosses(), migrations);
        volatile Timers.Timer timer = Timers.Timer.NONE;
        boolean over;

        Asking(VocabularyQuestion<A> question, String client, UniEmitter<? super A> emitter) {
            this.question = question;
            this.client = client;
            this.emitter = emitter;
        }

        /** Returns whether a worker got the question. */
        boolean send() {
            return pool.ask(question)
                    .map(answer -> answer.whenComplete(this::answered))
                    .isPresent();
        }

        private void answered(@Nullable A answer, @Nullable Throwable failure) {
            if (failure == null) {
                withdraw(this);
                emitter.complete(answer);
            } else if (cause(failure) instanceof QuestionLostException lost) {
                lost(lost);
            } else {
                fail(cause(failure));
            }
        }

        private void lost(QuestionLostException lost) {
            CompletableFuture<LossCause> cause = lost.lossCause().toCompletableFuture();
            if (cause.getNow(null) == LossCause.NOT_REACHED) {
                again();
                return;
            }
            QuestionLosses.Loss loss = losses.add(lost.loss().workerId(), lost.alone());
            if (!losses.exhausted()) {
                cause.thenAccept(found -> acquit(loss, found));
                again();
                return;
            }
            // the question is blamed only after the engine knows how the process ended
            Timers.Timer late = timers.after(ActiveGeneration.VERDICT, () -> cause.complete(LossCause.OWN));
            cause.thenAccept(found -> {
                late.cancel();
                acquit(loss, found);
                if (losses.exhausted()) {
                    blame();
                } else {
                    again();
                }
            });
        }

        private void acquit(QuestionLosses.Loss loss, LossCause found) {
            if (found != LossCause.OWN) {
                losses.acquit(loss);
            }
        }

        private void blame() {
            List<Integer> workers = losses.workers();
            workers.forEach(pool::forgive);
            fail(new GenerationError.EndsWorkers(
                    workers.size(),
                    "The request was asked of " + workers.size() + " workers in a row, and each was lost."));
        }

        private void again() {
            boolean awaited;
            synchronized (ModelVocabulary.this) {
                if (!over) {
                    waiting.add(client, this, question.length());
                }
                awaited = held;
            }
            dispatch();
            if (awaited) {
                ended.run();
            }
        }

        void fail(GenerationError error) {
            fail(new GenerationException(error));
        }

        private void fail(Throwable failure) {
            withdraw(this);
            emitter.fail(failure);
        }

        private static Throwable cause(Throwable failure) {
            return failure instanceof CompletionException && failure.getCause() != null ? failure.getCause() : failure;
        }
    }
}
