package io.quern.embed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

class ReadinessTest {
    private static Vertx vertx;

    private volatile GenerationError refusal = new GenerationError.Loading("Loading model");
    private final Readiness readiness = new Readiness(() -> Optional.ofNullable(refusal), vertx);

    @BeforeAll
    static void startVertx() {
        vertx = Vertx.vertx();
    }

    @AfterAll
    static void stopVertx() throws Exception {
        vertx.close().toCompletionStage().toCompletableFuture().get(60, TimeUnit.SECONDS);
    }

    @Test
    void callerIsNotifiedAtOnceIfReady() throws Exception {
        refusal = null;
        subscribe().get(60, TimeUnit.SECONDS);
    }

    @Test
    void waitingCallerIsNotifiedOnItsEventLoop() throws Exception {
        Context loop = vertx.getOrCreateContext();
        CompletableFuture<Context> notifiedOn = new CompletableFuture<>();
        CompletableFuture<Void> waits = new CompletableFuture<>();
        loop.runOnContext(turn -> {
            readiness.reached().subscribe().with(ready -> notifiedOn.complete(Vertx.currentContext()));
            waits.complete(null);
        });
        waits.get(60, TimeUnit.SECONDS);
        readiness.look();
        assertThat(notifiedOn).as("while the model loads").isNotDone();
        refusal = null;
        readiness.look();
        assertThat(notifiedOn.get(60, TimeUnit.SECONDS)).isSameAs(loop);
    }

    @Test
    void waitFailsIfEngineNeverBecomesReady() {
        CompletableFuture<Void> waiting = subscribe();
        refusal = new GenerationError.Unavailable(Duration.ofSeconds(30), "No worker can run");
        readiness.look();
        assertThatThrownBy(() -> waiting.get(60, TimeUnit.SECONDS))
                .cause()
                .isInstanceOfSatisfying(GenerationException.class, failure -> assertThat(failure.error())
                        .isSameAs(refusal));
    }

    private CompletableFuture<Void> subscribe() {
        return readiness.reached().subscribeAsCompletionStage();
    }
}
