package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.quern.generation.FinishReason;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationEvent;
import io.quern.generation.GenerationEvent.Failed;
import io.quern.generation.GenerationEvent.Finished;
import io.quern.generation.GenerationEvent.PromptLogprobs;
import io.quern.generation.GenerationEvent.Token;
import io.quern.generation.TokenLogprob;
import io.quern.generation.Usage;
import io.smallrye.mutiny.helpers.test.AssertSubscriber;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TokenStreamTest {
    private static final Finished END = new Finished(FinishReason.STOP, new Usage(1, 2));

    private final List<GenerationError> abandoned = new ArrayList<>();
    private final TokenStream stream = new TokenStream(10, abandoned::add);

    @Test
    void withDemandEachStepIsOneBatch() {
        AssertSubscriber<List<GenerationEvent>> reader = subscribe(Long.MAX_VALUE);
        stream.token("a", 1);
        stream.token("b", 1);
        stream.end(END);
        reader.assertItems(List.of(new Token("a", 1)), List.of(new Token("b", 1)), List.of(END))
                .assertCompleted();
        assertThat(abandoned).isEmpty();
    }

    @Test
    void tokensWithoutDemandAreMerged() {
        AssertSubscriber<List<GenerationEvent>> reader = subscribe(1);
        stream.token("a", 1);
        stream.token("b", 1);
        stream.token("c", 2);
        reader.assertItems(List.of(new Token("a", 1)));
        reader.request(1);
        reader.assertItems(List.of(new Token("a", 1)), List.of(new Token("bc", 3)));
    }

    @Test
    void endComesInTheBatchOfTheRest() {
        AssertSubscriber<List<GenerationEvent>> reader = subscribe(0);
        stream.token("rest", 4);
        stream.end(END);
        reader.request(1);
        reader.assertItems(List.of(new Token("rest", 4), END)).assertCompleted();
    }

    @Test
    void tokensBeforeTheSubscriberAreKept() {
        stream.token("early", 1);
        subscribe(1).assertItems(List.of(new Token("early", 1)));
    }

    @Test
    void mergedTokensKeepTheirLengths() {
        TokenStream exact = new TokenStream(10_000, true, abandoned::add);
        AssertSubscriber<List<GenerationEvent>> reader = AssertSubscriber.create(0);
        exact.subscribe(reader);
        exact.token("", 1);
        exact.token("é!", 1);
        exact.token("abc", 2);
        reader.request(1);
        reader.assertItems(List.of(new Token("é!abc", 4, List.of(), List.of(0, 2, 0, 3))));
        exact.token("d", 1);
        reader.request(1);
        assertThat(reader.getLastItem()).containsExactly(new Token("d", 1, List.of(), List.of(1)));
    }

    @Test
    void logprobsStayInOrder() {
        TokenStream large = new TokenStream(10_000, abandoned::add);
        AssertSubscriber<List<GenerationEvent>> reader = AssertSubscriber.create(0);
        large.subscribe(reader);
        large.promptLogprobs(List.of(logprob(1)));
        large.promptLogprobs(List.of(logprob(2), logprob(3)));
        large.token("a", 1, List.of(logprob(4)));
        large.token("b", 1, List.of(logprob(5)));
        reader.request(1);
        reader.assertItems(List.of(
                new PromptLogprobs(List.of(logprob(1), logprob(2), logprob(3))),
                new Token("ab", 2, List.of(logprob(4), logprob(5)))));
        large.token("c", 1, List.of(logprob(6)));
        reader.request(1);
        assertThat(reader.getLastItem()).containsExactly(new Token("c", 1, List.of(logprob(6))));
    }

    @Test
    void unreadLogprobsCount() {
        subscribe(0);
        stream.token("a", 1, List.of(logprob(1)));
        assertThat(abandoned).first().isInstanceOf(GenerationError.SlowReader.class);
    }

    private static TokenLogprob logprob(int token) {
        return new TokenLogprob(token, new byte[] {'x'}, -1, List.of());
    }

    @Test
    void readerTooSlowForTheBufferIsEnded() {
        AssertSubscriber<List<GenerationEvent>> reader = subscribe(0);
        stream.token("0123456789", 1);
        assertThat(abandoned).isEmpty();
        stream.token("x", 1);
        assertThat(abandoned).hasSize(1).first().isInstanceOf(GenerationError.SlowReader.class);
        stream.token("never seen", 1);
        reader.request(5);
        assertThat(reader.getItems()).hasSize(1);
        assertThat(reader.getItems().getFirst().getFirst()).isEqualTo(new Token("0123456789", 1));
        assertThat(reader.getItems().getFirst().getLast()).isInstanceOf(Failed.class);
        reader.assertCompleted();
    }

    @Test
    void cancellingEndsTheGenerationOnce() {
        AssertSubscriber<List<GenerationEvent>> reader = subscribe(Long.MAX_VALUE);
        reader.cancel();
        reader.cancel();
        stream.token("a", 1);
        stream.end(END);
        assertThat(abandoned).hasSize(1).first().isInstanceOf(GenerationError.Cancelled.class);
        reader.assertHasNotReceivedAnyItem();
    }

    @Test
    void cancellingAfterTheEndEndsNothing() {
        AssertSubscriber<List<GenerationEvent>> reader = subscribe(Long.MAX_VALUE);
        stream.end(END);
        reader.cancel();
        assertThat(abandoned).isEmpty();
    }

    @Test
    void secondSubscriberIsRefused() {
        subscribe(1);
        stream.subscribe()
                .withSubscriber(AssertSubscriber.create(1))
                .assertFailedWith(IllegalStateException.class, "one subscriber");
    }

    @Test
    void requestWithinABatchKeepsTheOrder() {
        List<String> seen = new ArrayList<>();
        AssertSubscriber<List<GenerationEvent>> reader = new AssertSubscriber<>(1) {
            @Override
            public synchronized void onItem(List<GenerationEvent> batch) {
                seen.add(((Token) batch.getFirst()).text());
                request(1);
            }
        };
        stream.token("a", 1);
        stream.subscribe().withSubscriber(reader);
        stream.token("b", 1);
        stream.token("c", 1);
        assertThat(seen).containsExactly("a", "b", "c");
    }

    @Test
    void throwingSubscriberEndsTheGeneration() {
        stream.subscribe().withSubscriber(new AssertSubscriber<>(Long.MAX_VALUE) {
            @Override
            public synchronized void onItem(List<GenerationEvent> batch) {
                throw new IllegalStateException("broken on purpose");
            }
        });
        assertThatThrownBy(() -> stream.token("a", 1)).hasMessage("broken on purpose");
        assertThat(abandoned).hasSize(1).first().isInstanceOf(GenerationError.Internal.class);
        stream.token("b", 1);
        stream.end(END);
        assertThat(abandoned).hasSize(1);
    }

    private AssertSubscriber<List<GenerationEvent>> subscribe(long demand) {
        return stream.subscribe().withSubscriber(AssertSubscriber.create(demand));
    }
}
