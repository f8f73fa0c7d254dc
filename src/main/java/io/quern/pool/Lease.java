package io.quern.pool;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationRequest;
import io.quern.generation.StopReason;
import io.quern.generation.Usage;
import io.quern.wire.Delta;
import io.quern.wire.Finish;
import io.vertx.core.Context;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.atomic.AtomicReference;
import org.jspecify.annotations.Nullable;

/**
 * One request's claim on a slot. It ends when the request ends or when it is cancelled, whichever comes first.
 * Thread-safe.
 */
public final class Lease {
    private enum State {
        HELD,
        RUNNING,
        ENDED
    }

    private final Leases leases;
    private final long number;
    private final AtomicReference<State> state = new AtomicReference<>(State.HELD);
    private final Arrival arrival = new Arrival();
    private volatile PrefixScope scope = PrefixScope.NONE;
    private Context context;
    private GenerationSink sink;

    /** The lease with which the request continues if its worker lets it go, or null. This lease owns it. */
    private final AtomicReference<@Nullable Lease> next = new AtomicReference<>();

    /** The state with which the worker has let the request go. */
    private final AtomicReference<KeptState> left = new AtomicReference<>(KeptState.NOTHING);

    /** The tokens in the cache for this request, roughly. */
    private volatile int length;

    /** Whether the worker computes a long prompt before it generates. */
    private volatile boolean longPrompt;

    /** Whether the worker has refused to let the request go. */
    private volatile boolean settled;

    private int prompt;
    private int tokens;

    Lease(Leases leases, long number) {
        this.leases = leases;
        this.number = number;
    }

    /**
     * Sends the request to the worker. Never blocks.
     *
     * @param scope the scope of requests that may share the computed prompt prefix
     * @param replay what another worker has already delivered
     * @param context where the sink is called
     */
    public void start(
            GenerationRequest request, PrefixScope scope, Replay replay, Context context, GenerationSink sink) {
        this.scope = scope;
        this.context = context;
        this.sink = sink;
        longPrompt = request.prompt().isLong() && replay.tokens().isEmpty();
        if (state.compareAndSet(State.HELD, State.RUNNING)) {
            leases.start(this, request, scope, replay);
        }
    }

    /** Gives the slot back; the worker stops within one step. The sink receives nothing more. */
    public void cancel() {
        State before = state.getAndSet(State.ENDED);
        if (before != State.ENDED) {
            leases.release(this, before == State.RUNNING);
            moveNoMore();
        }
    }

    /**
     * Asks the worker to let the request go, which then continues with another lease. If that fails, or if this lease
     * ends otherwise, the other one is cancelled.
     *
     * @param other a lease of another worker that was not started
     * @param bytes the largest state to move
     */
    void move(Lease other, long bytes) {
        if (!next.compareAndSet(null, other)) {
            other.cancel();
        } else if (!running() || !leases.leave(this, bytes)) {
            moveNoMore();
        }
    }

    /** Returns whether the worker was asked to let the request go, and has not answered. */
    boolean moving() {
        return next.get() != null;
    }

    /** Returns whether the worker can be asked to let the request go: it generates, and has not refused that before. */
    boolean movable() {
        return running() && length > 0 && !settled && !moving();
    }

    /** Returns whether the worker computes its prompt, which takes long and delays the streams beside it. */
    boolean prefillsLongPrompt() {
        return running() && longPrompt && length == 0;
    }

    /** Returns roughly how many tokens the worker holds for the request, or 0 before it generates. */
    int length() {
        return length;
    }

    /** The worker has let the request go with this state. Called before the delta that says so is delivered. */
    void leaves(KeptState state) {
        left.set(state);
        if (!running()) {
            moveNoMore();
        }
    }

    private void moveNoMore() {
        Lease other = next.getAndSet(null);
        if (other != null) {
            other.cancel();
        }
        left.getAndSet(KeptState.NOTHING).close();
    }

    /** Lets other requests onto the worker, if it was leased alone. */
    public void share() {
        leases.share(this);
    }

    public int workerId() {
        return leases.workerId();
    }

    boolean running() {
        return state.get() == State.RUNNING;
    }

    Arrival arrival() {
        return arrival;
    }

    long number() {
        return number;
    }

    /** The scope of its request. */
    PrefixScope scope() {
        return scope;
    }

    Context context() {
        return context;
    }

    void accepted(int promptTokens) {
        if (running()) {
            prompt = promptTokens;
            sink.accepted(promptTokens);
        }
    }

    /** Passes the delta on, and the end of the request if it is the last. Called on the context. */
    void deliver(Delta delta) {
        if (!running()) {
            return;
        }
        if (delta.getPromptLogprobsCount() > 0) {
            sink.promptLogprobs(Logprobs.of(delta.getPromptLogprobsList()));
        }
        if (delta.hasCachedTokens()) {
            sink.reused(delta.getCachedTokens());
        }
        if (delta.getTokensCount() > 0 || !delta.getText().isEmpty()) {
            tokens += delta.getTokensCount();
            length = prompt + tokens;
            sink.tokens(delta.getText(), delta.getTokensList(), Logprobs.of(delta.getLogprobsList()));
        }
        if (delta.getStays()) {
            settled = true;
            moveNoMore();
        }
        if (delta.hasFinish() && state.compareAndSet(State.RUNNING, State.ENDED)) {
            finish(delta.getFinish());
            moveNoMore();
        }
    }

    /** Called on the context. */
    void fail(GenerationError error) {
        if (state.compareAndSet(State.RUNNING, State.ENDED)) {
            sink.failed(error);
            moveNoMore();
        }
    }

    /** Called on the context. */
    void lose(GenerationError.WorkerLost error, KeptState kept, CompletionStage<LossCause> cause) {
        if (state.compareAndSet(State.RUNNING, State.ENDED)) {
            sink.lost(error, kept, cause);
            moveNoMore();
        } else {
            kept.close();
        }
    }

    private void finish(Finish finish) {
        Usage usage =
                new Usage(finish.getPromptTokens(), finish.getCompletionTokens()).withCached(finish.getCachedTokens());
        switch (finish.getReason()) {
            case STOP -> sink.finished(new GenerationEvent.Finished(FinishReason.STOP, usage, stop(finish)));
            case LENGTH -> sink.finished(new GenerationEvent.Finished(FinishReason.LENGTH, usage));
            case LEFT -> leave();
            case ERROR, REASON_UNSPECIFIED, UNRECOGNIZED -> sink.failed(error(finish));
        }
    }

    private void leave() {
        Lease other = next.getAndSet(null);
        if (other == null) {
            sink.failed(new GenerationError.Internal("The worker gave up the request, although nobody asked it to."));
        } else {
            sink.left(other, left.getAndSet(KeptState.NOTHING));
        }
    }

    private static GenerationError error(Finish finish) {
        if (!finish.getField().isEmpty()) {
            return new GenerationError.InvalidRequest(finish.getField(), finish.getMessage());
        }
        String message = "The worker could not continue: " + finish.getMessage();
        return finish.getGrammarRejects()
                ? new GenerationError.GrammarRejects(message)
                : new GenerationError.Internal(message);
    }

    private static @Nullable StopReason stop(Finish finish) {
        if (finish.hasStopToken()) {
            return new StopReason.Token(finish.getStopToken());
        }
        return finish.getStop().isEmpty() ? null : new StopReason.Text(finish.getStop());
    }
}
