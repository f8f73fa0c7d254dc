package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ParsingTurnsTest {
    private final Vertx vertx = Vertx.vertx();
    private final Context context = vertx.getOrCreateContext();
    private final ParsingTurns turns = new ParsingTurns(2);
    private final CountDownLatch release = new CountDownLatch(1);

    @AfterEach
    void close() {
        release.countDown();
        vertx.close().toCompletionStage().toCompletableFuture().join();
    }

    @Test
    void clientsLongBodiesDelayOnlyItself() throws Exception {
        AtomicInteger parsing = new AtomicInteger();
        List<CompletableFuture<String>> slow = new ArrayList<>();
        for (int i = 0; i < 5; i++) {
            slow.add(parse("greedy", () -> {
                parsing.incrementAndGet();
                release.await();
                return Context.isOnEventLoopThread() ? "event loop" : "other thread";
            }));
        }
        await().until(() -> parsing.get() == 2);
        assertThat(parse("other", () -> "parsed").get(30, TimeUnit.SECONDS)).isEqualTo("parsed");
        assertThat(parsing).hasValue(2);
        release.countDown();
        for (CompletableFuture<String> one : slow) {
            assertThat(one.get(30, TimeUnit.SECONDS)).isEqualTo("other thread");
        }
        assertThat(turns.clients()).isZero();
    }

    @Test
    void failedBodyFreesItsTurn() throws Exception {
        for (int i = 0; i < 5; i++) {
            CompletableFuture<String> failed = parse("a", () -> {
                throw ApiException.invalid("x", "x is wrong");
            });
            assertThatThrownBy(() -> failed.get(30, TimeUnit.SECONDS)).hasRootCauseInstanceOf(ApiException.class);
        }
        assertThat(turns.clients()).isZero();
    }

    private CompletableFuture<String> parse(String client, java.util.concurrent.Callable<String> parser) {
        return turns.parse(client, context, parser).toCompletionStage().toCompletableFuture();
    }
}
