package io.quern.openai;

import io.quern.TestConfig;
import io.quern.admission.Generation;
import io.quern.admission.Submission;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServer;
import io.vertx.ext.web.Router;
import java.net.URI;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.InstantSource;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;

/** Serves exchanges over real HTTP, with scripted answers in place of admission. */
final class ExchangeServer implements AutoCloseable {
    static final Instant NOW = Instant.ofEpochSecond(1_700_000_000);

    static final int MAX_PROMPT_LOGPROBS = 40;

    private static final Answers ANSWERS = new Answers(Duration.ofSeconds(1));
    private static final BodyPace UNHURRIED = new BodyPace(Duration.ofMinutes(1), 0);

    private final Vertx vertx = Vertx.vertx();
    private final HttpServer server;
    private final AtomicReference<Function<Submission, Uni<Generation>>> script = new AtomicReference<>();
    volatile RequestReader chats = Readers.chats();

    ExchangeServer() {
        this(Duration.ZERO);
    }

    /**
     * Creates a server with an unhurried pace and a large budget.
     *
     * @param keepAlive how long a stream may be silent; zero: no limit
     */
    ExchangeServer(Duration keepAlive) {
        this(keepAlive, UNHURRIED, roomy());
    }

    /**
     * Creates a server.
     *
     * @param bodies the memory budget of bodies
     */
    ExchangeServer(Duration keepAlive, BodyPace pace, BodyBudget bodies) {
        Exchange.Rules rules = rules(
                request -> script.get().apply(request), keepAlive, pace, bodies, Clock.fixed(NOW, ZoneOffset.UTC));
        Router router = Router.router(vertx);
        router.post("/v1/chat/completions").handler(http -> {
            RequestReader reader = chats;
            Uni.createFrom()
                    .<Void>emitter(done -> new Exchange(http, rules, Shape.CHAT, reader).begin(done))
                    .subscribe()
                    .with(done -> {});
        });
        router.post("/completion").handler(http -> Uni.createFrom()
                .<Void>emitter(done -> new Exchange(http, rules, Shape.COMPLETION, Readers.completions()).begin(done))
                .subscribe()
                .with(done -> {}));
        server = vertx.createHttpServer()
                .requestHandler(router)
                .listen(0, "localhost")
                .toCompletionStage()
                .toCompletableFuture()
                .join();
    }

    /** Returns what an exchange needs, with scripted answers in place of admission. */
    static Exchange.Rules rules(Function<Submission, Uni<Generation>> answers, Duration keepAlive, Clock clock) {
        return rules(answers, keepAlive, UNHURRIED, roomy(), clock);
    }

    private static BodyBudget roomy() {
        return new BodyBudget(64 << 20, Duration.ofSeconds(5));
    }

    private static Exchange.Rules rules(
            Function<Submission, Uni<Generation>> answers,
            Duration keepAlive,
            BodyPace pace,
            BodyBudget bodies,
            Clock clock) {
        return new Exchange.Rules(
                new Reception(
                        new Exchange.Entrance(authentication(List.of()), new Browsers(true, false, List.of())),
                        new Exchange.Bodies(new RequestBody(1 << 20, pace), bodies, new ParsingTurns(2)),
                        ANSWERS),
                new Exchange.Replies(ANSWERS, new ErrorMapping(Duration.ofSeconds(5)), keepAlive, MAX_PROMPT_LOGPROBS),
                (model, submission) -> answers.apply(submission),
                clock);
    }

    private static Authentication authentication(List<String> keys) {
        FailedLogins failures = new FailedLogins(
                TestConfig.of(OpenAiConfig.class, Map.of()).failedLogins(),
                InstantSource.system(),
                (delay, task) -> {});
        return new Authentication(new ApiKeys(keys), failures, ANSWERS);
    }

    void answer(Function<Submission, Uni<Generation>> newScript) {
        script.set(newScript);
    }

    int port() {
        return server.actualPort();
    }

    URI uri(String path) {
        return URI.create("http://localhost:" + port() + path);
    }

    @Override
    public void close() {
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }
}
