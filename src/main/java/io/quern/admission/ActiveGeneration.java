package io.quern.admission;

import io.quern.generation.Family;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.quern.generation.GenerationRequest;
import io.quern.generation.TokenLogprob;
import io.quern.log.KeyedLog;
import io.quern.pool.GenerationSink;
import io.quern.pool.KeptState;
import io.quern.pool.Lease;
import io.quern.pool.LossCause;
import io.quern.pool.PrefixScope;
import io.quern.pool.Replay;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;

/**
 * One request from its submission to its end: it waits, runs, and is accounted for exactly once. The methods of the
 * sink are called on the context. Any thread may cancel.
 */
final class ActiveGeneration implements GenerationSink {
    private static final KeyedLog LOG = KeyedLog.of(ActiveGeneration.class);

    /** The part of admission that a generation uses. */
    interface Owner {
        /** Returns how a request resumes after its worker was lost. */
        MigrationMode migration();

        Timers timers();

        /** The worker of this generation was lost, and the request will resume on another. */
        void moved(ActiveGeneration generation, int worker, int delivered);

        /** The generation waits for another slot, ahead of all that have not begun. */
        void again(ActiveGeneration generation);

        /** The generation no longer needs a worker of its own. */
        void noLongerAlone();

        /** A request has ended these workers; a worker is listed once for each time. */
        void blamed(List<Integer> workers);

        /** The generation is over and holds nothing. Called once, whether it ran or only waited. */
        void over(ActiveGeneration generation);
    }

    /** Longest time until the engine reports how a process ended, including the replacement of a launcher. */
    static final Duration VERDICT = Duration.ofSeconds(30);

    private final Submission submission;
    private final PrefixScope scope;
    private final GenerationRequest request;
    private final PromptBeginnings beginnings;
    private final Context context;
    private UniEmitter<? super Generation> answer;
    private final Owner owner;
    private final TokenStream stream;
    private final AtomicBoolean over = new AtomicBoolean();
    private final Account account;
    private volatile Lease lease;
    private boolean handedOut;
    private volatile Timers.Timer timer = Timers.Timer.NONE;
    private volatile Timers.Timer deadline = Timers.Timer.NONE;
    private int position;
    /**
     * The tokens delivered so far: written on the context while the request runs, read by the thread that resumes it.
     */
    private final List<Integer> delivered = new ArrayList<>();

    /** How many tokens of the prompt were reported, over all workers and by the present one. */
    private final Reported promptReported = new Reported();

    /** The worker's report with the first token, or -1. A worker that resumes the request knows nothing of it. */
    private int reused = -1;

    private final Losses losses;

    /** The state that the last worker kept, until the next one delivers a token. */
    private final AtomicReference<KeptState> kept = new AtomicReference<>(KeptState.NOTHING);

    /**
     * @param scope the scope of the prompt prefix, on every worker
     * @param account counts the tokens of this request
     * @param losses counts the workers that are lost while they run this request
     */
    ActiveGeneration(
            Submission submission,
            PrefixScope scope,
            Context context,
            Owner owner,
            int streamBuffer,
            Account account,
            Losses losses) {
        this.account = account;
        this.scope = scope;
        this.losses = losses;
        this.submission = submission;
        this.request = submission.request();
        this.beginnings = new PromptBeginnings(request.prompt(), scope);
        this.context = context;
        this.owner = owner;
        this.stream = new TokenStream(streamBuffer, request.reports().lengths(), this::abandon);
    }

    void answerTo(UniEmitter<? super Generation> emitter) {
        answer = emitter;
    }

    /** Returns whether the request must be the only one on its worker. */
    boolean alone() {
        return losses.suspect();
    }

    Submission submission() {
        return submission;
    }

    PromptBeginnings beginnings() {
        return beginnings;
    }

    boolean hasLongPrompt() {
        return request.prompt().isLong();
    }

    /** Returns the choices of the same answer, or null if it is the only one. */
    Family family() {
        return request.sharing().family();
    }

    /** Returns whether the client wants to know the request's position in the queue. */
    boolean listens() {
        return submission.position().isPresent();
    }

    /** Notifies the client of a new position, unless the request has left the queue. Any thread may call this. */
    void position(int place) {
        submission
                .position()
                .ifPresent(listener -> context.runOnContext(turn -> {
                    if (!handedOut && !over.get() && position != place) {
                        position = place;
                        listener.accept(place);
                    }
                }));
    }

    /** Tells the client how far the loading of the model is, unless the request has left the queue. */
    void loading(String progress) {
        submission
                .loading()
                .ifPresent(listener -> context.runOnContext(turn -> {
                    if (!handedOut && !over.get() && lease == null) {
                        listener.accept(progress);
                    }
                }));
    }

    boolean ended() {
        return over.get();
    }

    void waitsUntil(Timers.Timer timer) {
        this.timer = timer;
    }

    /** The request no longer waits for a slot. */
    void waitsNoMore() {
        timer.cancel();
    }

    void endsBy(Timers.Timer deadline) {
        this.deadline = deadline;
    }

    /** Begins on the leased slot, or gives it back if the request is already over. */
    void run(Lease granted) {
        run(granted, owner.migration() == MigrationMode.FAST);
    }

    /** @param prefill whether delivered tokens may be computed as part of the prompt */
    private void run(Lease granted, boolean prefill) {
        lease = granted;
        if (over.get()) {
            granted.cancel();
            return;
        }
        account.leased();
        if (!alone()) {
            // the request may have been a suspect when the slot was leased
            granted.share();
        }
        promptReported.again();
        Replay replay = new Replay(delivered, prefill, kept.get());
        granted.start(request, scope, replay, context, this);
    }

    /** Ends the request with an error, whether it waits, runs, or waits to resume on another worker. */
    void refuse(GenerationError error) {
        if (finishOnce()) {
            cancelLease();
            account.failed(error);
            context.runOnContext(v -> deliverFailure(error));
        }
    }

    /** The client no longer wants the answer, whether or not the generation has begun. */
    void abandon(GenerationError why) {
        if (finishOnce()) {
            cancelLease();
            account.failed(why);
        }
    }

    @Override
    public void accepted(int tokens) {
        if (handedOut) {
            return;
        }
        account.accepted(tokens);
        handedOut = true;
        answer.complete(new Generation(request.id(), tokens, stream));
    }

    @Override
    public void promptLogprobs(List<TokenLogprob> logprobs) {
        // a worker that starts the request again reports those of its prompt again, from the first one
        int known = promptReported.skip(logprobs.size());
        if (known < logprobs.size()) {
            stream.promptLogprobs(logprobs.subList(known, logprobs.size()));
        }
    }

    @Override
    public void reused(int tokens) {
        reused = tokens;
    }

    @Override
    public void tokens(String text, List<Integer> tokens, List<TokenLogprob> logprobs) {
        int count = tokens.size();
        delivered.addAll(tokens);
        keep(KeptState.NOTHING);
        if (count > 0) {
            account.tokens(count);
            if (losses.clearedBy(delivered.size())) {
                LOG.requestId(request.id()).infof("the request made progress alone and may share its worker again");
                lease.share();
            }
        }
        stream.token(text, count, logprobs);
    }

    @Override
    public void finished(GenerationEvent.Finished finished) {
        if (finishOnce()) {
            GenerationEvent.Finished whole = reused < 0 ? finished : finished.withCached(reused);
            account.finished(whole);
            stream.end(whole);
        }
    }

    @Override
    public void failed(GenerationError error) {
        if (finishOnce()) {
            account.failed(error);
            deliverFailure(error);
        }
    }

    @Override
    public void lost(GenerationError.WorkerLost error, KeptState left, CompletionStage<LossCause> cause) {
        if (cause.toCompletableFuture().getNow(null) == LossCause.NOT_REACHED) {
            left.close();
            if (!over.get()) {
                LOG.workerId(error.workerId())
                        .requestId(request.id())
                        .infof("the request did not reach the worker and waits for another slot");
                lease = null;
                owner.again(this);
            }
            return;
        }
        keep(left);
        if (over.get()) {
            keep(KeptState.NOTHING);
            return;
        }
        boolean wasAlone = losses.suspect();
        Losses.Loss loss = losses.add(error.workerId(), delivered.size());
        if (!losses.exhausted()) {
            cause.thenAccept(found -> context.runOnContext(turn -> acquit(loss, found)));
            move(error);
        } else if (wasAlone) {
            // the request is blamed only after the engine knows how the process ended
            lease = null;
            CompletableFuture<LossCause> verdict = cause.toCompletableFuture();
            Timers.Timer late = owner.timers().after(VERDICT, () -> verdict.complete(LossCause.OWN));
            verdict.thenAccept(found -> {
                late.cancel();
                context.runOnContext(turn -> judge(error, loss, found));
            });
        } else {
            failed(error);
        }
    }

    @Override
    public void left(Lease next, KeptState state) {
        keep(state);
        LOG.workerId(next.workerId())
                .requestId(request.id())
                .debugf("the request continues on a less busy worker after %d tokens", delivered.size());
        // nothing was lost, so the text must not change, whatever the mode
        run(next, false);
        if (over.get()) {
            keep(KeptState.NOTHING);
        }
    }

    private void move(GenerationError.WorkerLost error) {
        lease = null;
        owner.moved(this, error.workerId(), delivered.size());
        LOG.workerId(error.workerId())
                .requestId(request.id())
                .infof(
                        "the request resumes%s after %d tokens (migration %d of %d). %s",
                        alone() ? " as the only one on a worker" : "",
                        delivered.size(),
                        losses.count(),
                        losses.limit(),
                        error.message());
        owner.again(this);
    }

    /** Runs on the context. */
    private void acquit(Losses.Loss loss, LossCause found) {
        if (found == LossCause.OWN) {
            return;
        }
        boolean wasAlone = losses.suspect();
        losses.acquit(loss);
        if (wasAlone && !losses.suspect() && !over.get()) {
            Lease held = lease;
            if (held == null) {
                owner.noLongerAlone();
            } else {
                held.share();
            }
        }
    }

    /** Runs on the context. */
    private void judge(GenerationError.WorkerLost error, Losses.Loss loss, LossCause found) {
        if (over.get()) {
            return;
        }
        if (found != LossCause.OWN) {
            losses.acquit(loss);
            move(error);
            return;
        }
        LOG.workerId(error.workerId())
                .requestId(request.id())
                .warnf(
                        "the request fails: workers were lost %d times in a row while they ran it, and the last one"
                                + " ran nothing else",
                        losses.count());
        owner.blamed(losses.workers());
        failed(new GenerationError.EndsWorkers(
                losses.count(),
                "Workers were lost " + losses.count()
                        + " times in a row while they ran this request, and the last one ran no other request."
                        + " The request probably causes this, so it is not tried again. " + error.message()));
    }

    private void keep(KeptState next) {
        // this runs for every token, and the value changes only once
        if (kept.get() != next) {
            kept.getAndSet(next).close();
        }
    }

    private void deliverFailure(GenerationError error) {
        if (handedOut) {
            stream.end(new GenerationEvent.Failed(error));
        } else {
            answer.fail(new GenerationException(error));
        }
    }

    private void cancelLease() {
        Lease held = lease;
        if (held != null) {
            held.cancel();
        }
    }

    private boolean finishOnce() {
        if (over.compareAndSet(false, true)) {
            keep(KeptState.NOTHING);
            timer.cancel();
            deadline.cancel();
            owner.over(this);
            return true;
        }
        return false;
    }
}
