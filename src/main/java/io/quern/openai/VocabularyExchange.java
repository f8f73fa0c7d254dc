package io.quern.openai;

import io.quern.admission.ModelVocabulary;
import io.smallrye.mutiny.subscription.Cancellable;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Function;

/**
 * Handles one request for the tokens of a text or the text of tokens. It runs on one event loop; the body is parsed and
 * the answer is written elsewhere. If the client leaves, the question is withdrawn.
 *
 * @param <A> the type of the vocabulary's answer
 */
final class VocabularyExchange<A> {
    private final RoutingContext http;
    private final Context eventLoop;
    private final Rules rules;
    private final Reception.Parser<VocabularyRequest<A>> reader;
    private final String requestId;
    private Cancellable waiting = () -> {};
    private boolean over;

    /**
     * The parts that all exchanges share.
     *
     * @param vocabulary returns the vocabulary of the model with this name
     */
    record Rules(
            Reception reception, Answers answers, ErrorMapping errors, Function<String, ModelVocabulary> vocabulary) {}

    VocabularyExchange(RoutingContext http, Rules rules, Reception.Parser<VocabularyRequest<A>> reader) {
        this.http = http;
        this.eventLoop = http.vertx().getOrCreateContext();
        this.rules = rules;
        this.reader = reader;
        this.requestId = RequestId.assign(http);
    }

    /**
     * Starts the exchange.
     *
     * @param done completed when the answer is written; its cancellation means that the client has left
     */
    void begin(UniEmitter<? super Void> done) {
        done.onTermination(this::end);
        http.addEndHandler(ended -> {
            end();
            done.complete(null);
        });
        rules.reception().client(http).ifPresent(this::receive);
    }

    private void receive(String client) {
        Optional<Duration> timeout;
        try {
            timeout = Terms.of(http.request().headers()).timeout();
        } catch (ApiException e) {
            fail(e);
            return;
        }
        rules.reception()
                .read(http, client, eventLoop, reader)
                .onSuccess(request -> guarded(() -> ask(request, client, timeout)))
                .onFailure(failure -> guarded(() -> fail(failure)));
    }

    private void ask(VocabularyRequest<A> request, String client, Optional<Duration> timeout) {
        if (!over) {
            waiting = rules.vocabulary()
                    .apply(request.model())
                    .ask(request.question(), client, timeout)
                    .subscribe()
                    .with(
                            answer -> eventLoop
                                    .<Buffer>executeBlocking(
                                            () -> request.json().apply(answer), false)
                                    .onSuccess(json -> guarded(() -> answer(json)))
                                    .onFailure(failure -> guarded(() -> fail(failure))),
                            failure -> eventLoop.runOnContext(turn -> guarded(() -> fail(failure))));
        }
    }

    private void answer(Buffer json) {
        if (!over) {
            rules.answers().json(http, json);
        }
    }

    private void fail(Throwable failure) {
        if (!over && !(failure instanceof ClientLeftException)) {
            rules.answers().error(http, rules.errors().answerTo(failure, requestId));
        }
    }

    private void end() {
        if (!over) {
            over = true;
            waiting.cancel();
        }
    }

    /** Runs a step. Futures drop exceptions of their listeners, and the client would wait forever. */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            waiting.cancel();
            LastResort.answer(http, e);
        }
    }
}
