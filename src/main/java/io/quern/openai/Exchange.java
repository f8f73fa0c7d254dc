package io.quern.openai;

import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.quern.generation.GenerationRequest;
import io.quern.log.KeyedLog;
import io.quern.text.Printable;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Context;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.RoutingContext;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;

/**
 * Handles one request for a generation, from its first byte to the last byte of its answer. It runs on one event loop,
 * and the body is parsed elsewhere. If the client leaves, the request is withdrawn at once, wherever it is by then.
 */
final class Exchange {
    private static final KeyedLog LOG = KeyedLog.of(Exchange.class);

    private final RoutingContext http;
    private final Context eventLoop;
    private final Rules rules;
    private final Shape shape;
    private final RequestReader reader;
    private final String requestId;
    private @Nullable Generations generations;
    private @Nullable KeepAlive keepAlive;
    /** The log probabilities of prompts that the answer will contain, as far as its generations were accepted. */
    private long promptLogprobs;

    private boolean over;

    /**
     * The parts that all exchanges share.
     *
     * @param submit submits a request to the admission of the model with this name
     */
    record Rules(
            Reception reception,
            Replies replies,
            BiFunction<String, Submission, Uni<Generation>> submit,
            Clock clock) {}

    /** Decides which requests are served. */
    record Entrance(Authentication authentication, Browsers browsers) {}

    /** Describes how bodies are read and parsed, and holds the memory budget for them. */
    record Bodies(RequestBody body, BodyBudget budget, ParsingTurns turns) {}

    /**
     * Describes how answers are written.
     *
     * @param keepAlive how long a stream may be silent; zero: no limit
     * @param maxPromptLogprobs most log probabilities of prompts in one answer
     */
    record Replies(Answers answers, ErrorMapping errors, Duration keepAlive, int maxPromptLogprobs) {}

    Exchange(RoutingContext http, Rules rules, Shape shape, RequestReader reader) {
        this.http = http;
        this.eventLoop = http.vertx().getOrCreateContext();
        this.rules = rules;
        this.shape = shape;
        this.reader = reader;
        this.requestId = RequestId.assign(http);
    }

    /**
     * Starts the exchange.
     *
     * @param done completed when the answer is written; its cancellation means that the client has left
     */
    void begin(UniEmitter<? super Void> done) {
        // quarkus-rest replaces the close handler that the routing context sets on the response, so both signals are
        // watched
        done.onTermination(this::end);
        http.addEndHandler(ended -> {
            end();
            done.complete(null);
        });
        rules.reception().client(http).ifPresent(this::receive);
    }

    private void receive(String client) {
        Terms terms;
        try {
            terms = Terms.of(http.request().headers());
        } catch (ApiException e) {
            fail(e);
            return;
        }
        rules.reception()
                .read(http, client, eventLoop, (bytes, memory) -> reader.read(bytes, requestId, memory))
                .onSuccess(asked -> guarded(() -> submit(asked, client, terms)))
                .onFailure(failure -> guarded(() -> fail(failure)));
    }

    private void submit(Asked asked, String client, Terms terms) {
        if (over) {
            return;
        }
        generations = new Generations(() -> open(asked), this::fail, this::broken);
        List<Uni<Generation>> all = new ArrayList<>(asked.generations().size());
        for (GenerationRequest request : asked.generations()) {
            // only the first reports its position: those of a client run in the order in which it has sent them
            boolean reports = all.isEmpty() && asked.stream() && terms.queuePosition();
            Submission submission = submission(request, client, terms, reports);
            Uni<Generation> generation =
                    Uni.createFrom().deferred(() -> rules.submit().apply(asked.model(), submission));
            if (request.reports().promptLogprobs().isPresent()) {
                int copies = copies(asked, all.size());
                generation = generation.onItem().invoke(accepted -> checkPrompt(asked, request, accepted, copies));
            }
            int prompt = asked.promptOf(all.size());
            all.add(
                    asked.prompts() == 1
                            ? generation
                            : generation.onFailure().transform(failure -> PromptErrors.of(failure, prompt)));
        }
        generations.submit(all, eventLoop);
    }

    /** Returns how many choices contain the log probabilities of the prompt that a generation reports. */
    private int copies(Asked asked, int generation) {
        Candidates candidates = asked.reply().candidates();
        boolean forAll = shape == Shape.COMPLETION
                && asked.reply().shown().promptLogprobs().isPresent()
                && candidates.place(generation) == 0;
        return forAll ? candidates.wanted() : 1;
    }

    /**
     * Refuses prompts whose log probabilities would fill the memory. Only workers know how many tokens they have.
     *
     * @param copies choices that contain them
     */
    private void checkPrompt(Asked asked, GenerationRequest request, Generation accepted, int copies) {
        int each = 1 + request.reports().promptLogprobs().orElse(0);
        int most = rules.replies().maxPromptLogprobs();
        promptLogprobs += (long) accepted.promptTokens() * each * copies;
        if (promptLogprobs > most) {
            // nobody reads its events, so only a subscription can withdraw it
            accepted.events().subscribe().with(events -> {}).cancel();
            throw ApiException.invalid(
                    asked.reply().shown().promptLogprobs().isPresent() ? ChoiceFields.PROMPT : "echo",
                    "The prompt has " + accepted.promptTokens() + " tokens with " + each
                            + (each == 1 ? " log probability" : " log probabilities") + " each, but the answer may"
                            + " contain at most " + most + " in all its choices (quern.openai.max-prompt-logprobs)."
                            + " Shorten the prompt, or ask for fewer.");
        }
    }

    private Submission submission(GenerationRequest request, String client, Terms terms, boolean reports) {
        return new Submission(
                request,
                client,
                terms.timeout(),
                reports
                        ? Optional.of(position -> guarded(() -> comment("queue position " + position)))
                        : Optional.empty(),
                reports ? Optional.of(progress -> guarded(() -> comment(progress))) : Optional.empty());
    }

    /** Starts the stream while the request waits. A client that does not read misses comments. */
    private void comment(String text) {
        HttpServerResponse response = http.response();
        if (over || generations == null || generations.begun() || response.writeQueueFull()) {
            return;
        }
        KeepAlive alive = openStream();
        response.write(": " + Printable.line(text) + "\n\n");
        alive.written();
    }

    /** Prepares the head, which goes out with the next write. From here on the stream is never silent for long. */
    private KeepAlive openStream() {
        StreamAnswer.head(http.response());
        KeepAlive alive =
                keepAlive == null ? KeepAlive.start(http, rules.replies().keepAlive()) : keepAlive;
        keepAlive = alive;
        return alive;
    }

    private Answer open(Asked asked) {
        Completion completion = Completion.begin(shape, rules.clock().instant(), asked.model());
        if (asked.stream()) {
            ChunkTemplate chunks = new ChunkTemplate(completion, asked.includeUsage());
            return new StreamAnswer(http.response(), asked, chunks, openStream(), this::failChoice);
        }
        return new WholeAnswer(
                asked,
                (choices, usage) -> rules.replies().answers().json(http, completion.whole(choices, usage)),
                this::failChoice);
    }

    private void failChoice(Throwable failure) {
        if (generations != null) {
            generations.fail(failure);
        }
    }

    private void withdraw() {
        if (generations != null) {
            generations.cancel();
        }
    }

    private void end() {
        if (over) {
            return;
        }
        over = true;
        if (keepAlive != null) {
            keepAlive.stop();
        }
        if (!http.response().ended()) {
            withdraw();
        }
    }

    private void fail(Throwable failure) {
        if (over) {
            return;
        }
        if (failure instanceof ClientLeftException) {
            LOG.requestId(requestId)
                    .debugf("The client left before its request was complete: %s", failure.getMessage());
            end();
            return;
        }
        ApiError error = rules.replies().errors().answerTo(failure, requestId);
        if (http.response().headWritten()) {
            // the client has received the status already
            http.response().end(ChunkTemplate.appendError(Buffer.buffer(), error));
        } else {
            rules.replies().answers().error(http, error);
        }
    }

    /**
     * Runs a step and handles what it throws. Futures and streams drop exceptions of their listeners, and the client
     * would wait forever.
     */
    private void guarded(Runnable step) {
        try {
            step.run();
        } catch (RuntimeException | Error e) {
            broken(e);
        }
    }

    private void broken(Throwable failure) {
        try {
            withdraw();
        } catch (RuntimeException | Error e) {
            failure.addSuppressed(e);
        }
        LastResort.answer(http, failure);
    }
}
