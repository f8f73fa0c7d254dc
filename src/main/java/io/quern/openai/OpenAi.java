package io.quern.openai;

import io.quarkus.runtime.configuration.MemorySize;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.grammar.GrammarSettings;
import io.quern.model.ServedModel;
import io.smallrye.mutiny.Uni;
import io.smallrye.mutiny.subscription.UniEmitter;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.ext.web.RoutingContext;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.Consumer;
import java.util.function.Supplier;
import org.eclipse.microprofile.config.Config;

/** Assembles the API from the configuration and the rooms that it uses. */
@ApplicationScoped
class OpenAi {
    /** A monotonic clock, because the time of day may be set back. */
    private static final InstantSource MONOTONIC = () -> Instant.EPOCH.plusNanos(System.nanoTime());

    private final ModelCatalog catalog;
    private final ModelSelection models;
    private final Authentication authentication;
    private final Browsers browsers;
    private final RequestBody body;
    private final Reception reception;
    private final Answers answers;
    private final ErrorMapping errors;
    private final JsonBody json;
    private final GenerationFields fields;
    private final ToolFields tools;
    private final Templates templates;
    private final ChoiceFields choices;
    private final int defaultCompletionTokens;
    private final SamplingDefaults defaultSampling;
    private final boolean usesRecommendedSampling;
    private final Duration keepAlive;
    private final int maxPromptLogprobs;
    private final Duration linger;

    @Inject
    OpenAi(OpenAiConfig config, ModelCatalog catalog, GrammarSettings grammars, Vertx vertx, Config all) {
        this.catalog = catalog;
        models = ModelSelection.in(catalog);
        long maxBodyBytes = config.maxBodySize().asLongValue();
        browsers = Browsers.of(config, all);
        body = new RequestBody(maxBodyBytes, BodyPace.of(config.bodyTimeout(), config.bodyMinRate()));
        BodyBudget bodies = new BodyBudget(
                config.bodyMemory().map(MemorySize::asLongValue).orElseGet(BodyBudget::ofHeap), config.retryAfter());
        answers = new Answers(config.linger());
        authentication = new Authentication(
                new ApiKeys(config.apiKeys().orElse(List.of())),
                new FailedLogins(
                        config.failedLogins(),
                        MONOTONIC,
                        (delay, task) -> vertx.setTimer(delay.toMillis(), expired -> task.run())),
                answers);
        reception = new Reception(
                new Exchange.Entrance(authentication, browsers),
                new Exchange.Bodies(body, bodies, new ParsingTurns(config.clientParsers())),
                answers);
        errors = new ErrorMapping(config.retryAfter());
        json = new JsonBody(config.maxJsonDepth(), (int) Math.min(Integer.MAX_VALUE, maxBodyBytes));
        fields = new GenerationFields(
                this::samplingDefaults,
                () -> ThreadLocalRandom.current().nextLong(),
                new ConstraintFields(grammars.limits()));
        tools = new ToolFields(config.maxTools(), config.maxToolsSize().asLongValue());
        templates = new CatalogTemplates(catalog);
        choices = new ChoiceFields(config.maxChoices());
        defaultCompletionTokens = config.defaultCompletionTokens();
        defaultSampling = SamplingDefaults.of(config.defaultTemperature());
        usesRecommendedSampling = config.recommendedSampling();
        keepAlive = config.streamKeepAlive();
        maxPromptLogprobs = config.maxPromptLogprobs();
        linger = config.linger();
    }

    /** Completes when the answer is written or the client has left. */
    Uni<Void> chat(RoutingContext http) {
        return generate(http, Shape.CHAT, new ChatReader(json, models, fields, choices, tools, templates));
    }

    /** Completes when the answer is written or the client has left. */
    Uni<Void> completion(RoutingContext http) {
        return generate(
                http, Shape.COMPLETION, new CompletionReader(json, models, fields, choices, defaultCompletionTokens));
    }

    /** Completes when the answer is written or the client has left. */
    Uni<Void> tokenize(RoutingContext http) {
        return ask(http, new TokenizeReader(json, models, tools, templates, name -> model(name)
                .contextLength()));
    }

    /** Completes when the answer is written or the client has left. */
    Uni<Void> detokenize(RoutingContext http) {
        return ask(http, new DetokenizeReader(json, models));
    }

    Uni<Void> version(RoutingContext http) {
        return answer(http, () -> JsonText.appendQuoted(Buffer.buffer("{\"version\":"), QuernVersion.read())
                .appendString("}"));
    }

    Uni<Void> models(RoutingContext http) {
        return answer(http, () -> {
            Buffer out = Buffer.buffer("{\"object\":\"list\",\"data\":[");
            String separator = "";
            for (HostedModel model : catalog.all()) {
                ModelDescription.append(out.appendString(separator), model);
                separator = ",";
            }
            return out.appendString("]}");
        });
    }

    Uni<Void> model(RoutingContext http, String id) {
        return answer(http, () -> ModelDescription.append(Buffer.buffer(), model(models.named(id))));
    }

    /** Returns whether the headers announce a body that is too large. In that case the refusal has been written. */
    boolean refusesAnnouncedBody(RoutingContext http) {
        if (!body.isAnnouncedTooLarge(http.request())) {
            return false;
        }
        answers.error(http, body.tooLarge());
        return true;
    }

    /** Answers a request that Vert.x cannot route. */
    void refuseMalformed(RoutingContext http) {
        answers.error(http, ApiError.invalid(null, String.valueOf(http.failure().getMessage())));
    }

    /** Watches for {@code Expect: 100-continue}. To be called before anything is answered. */
    void watchExpectation(RoutingContext http) {
        Expectation.watch(http, linger);
    }

    private Uni<Void> generate(RoutingContext http, Shape shape, RequestReader reader) {
        Exchange.Rules rules = new Exchange.Rules(
                reception,
                new Exchange.Replies(answers, errors, keepAlive, maxPromptLogprobs),
                (name, submission) -> model(name).admission().submit(submission),
                Clock.systemUTC());
        return later(http, done -> new Exchange(http, rules, shape, reader).begin(done));
    }

    private <A> Uni<Void> ask(RoutingContext http, Reception.Parser<VocabularyRequest<A>> reader) {
        VocabularyExchange.Rules rules = new VocabularyExchange.Rules(
                reception, answers, errors, name -> model(name).admission().vocabulary());
        return later(http, done -> new VocabularyExchange<>(http, rules, reader).begin(done));
    }

    private Uni<Void> answer(RoutingContext http, Supplier<Buffer> body) {
        return later(http, done -> {
            http.addEndHandler(ended -> done.complete(null));
            RequestId.assign(http);
            if (authentication.client(http).isEmpty()) {
                return;
            }
            Optional<ApiError> refusal = browsers.refusal(http.request());
            if (refusal.isPresent()) {
                answers.error(http, refusal.get());
                return;
            }
            try {
                answers.json(http, body.get());
            } catch (RuntimeException e) {
                answers.error(http, errors.answerTo(e, RequestId.assign(http)));
            }
        });
    }

    /**
     * Starts work in the next turn of the event loop. quarkus-rest sets a handler after its subscription, and a
     * response that has ended by then would refuse it.
     */
    static Uni<Void> later(RoutingContext http, Consumer<UniEmitter<? super Void>> begin) {
        return Uni.createFrom()
                .emitter(done -> http.vertx().getOrCreateContext().runOnContext(turn -> {
                    try {
                        begin.accept(done);
                    } catch (RuntimeException | Error e) {
                        // nobody else would notice it, and the client would wait forever
                        LastResort.answer(http, e);
                        done.complete(null);
                    }
                }));
    }

    /** Returns how the model is sampled from if a request does not say so. */
    private SamplingDefaults samplingDefaults(String name) {
        ServedModel model = model(name).model();
        return usesRecommendedSampling && model.isOpen()
                ? defaultSampling.with(model.metadata().recommendedSampling())
                : defaultSampling;
    }

    /** Returns a model that the request has selected. */
    private HostedModel model(String name) {
        return catalog.named(name).orElseThrow();
    }
}
