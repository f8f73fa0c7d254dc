package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.admission.Generation;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationException;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import io.vertx.core.Vertx;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class GenerationsTest {
    @Test
    void acceptedChoiceIsWithdrawnIfAnotherIsRefusedAtOnce() throws Exception {
        AtomicBoolean withdrawn = new AtomicBoolean();
        Multi<List<GenerationEvent>> events = Multi.createFrom()
                .<List<GenerationEvent>>nothing()
                .onCancellation()
                .invoke(() -> withdrawn.set(true));
        GenerationException full =
                new GenerationException(new GenerationError.Overloaded(Duration.ofSeconds(1), "full"));
        CompletableFuture<Throwable> failed = new CompletableFuture<>();
        Vertx vertx = Vertx.vertx();
        try {
            vertx.runOnContext(turn -> new Generations(
                            () -> {
                                throw new AssertionError("no answer may begin");
                            },
                            failed::complete,
                            failed::complete)
                    .submit(
                            List.of(
                                    Uni.createFrom().item(new Generation("one", 1, events)),
                                    Uni.createFrom().failure(full)),
                            vertx.getOrCreateContext()));
            assertThat(failed.get(30, TimeUnit.SECONDS)).isSameAs(full);
            assertThat(withdrawn).isTrue();
        } finally {
            vertx.close().toCompletionStage().toCompletableFuture().get(30, TimeUnit.SECONDS);
        }
    }
}
