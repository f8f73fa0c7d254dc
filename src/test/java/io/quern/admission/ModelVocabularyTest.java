package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quern.StartsProcesses;
import io.quern.TestConfig;
import io.quern.generation.GenerationError;
import io.quern.generation.GenerationException;
import io.quern.generation.TokenizedText;
import io.quern.generation.VocabularyQuestion;
import io.quern.generation.VocabularyQuestion.Detokenize;
import io.quern.generation.VocabularyQuestion.Tokenize;
import io.quern.pool.PoolView.State;
import io.quern.pool.ScriptedPool;
import java.io.IOException;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Tests questions about the vocabulary over a real pool of scripted processes. */
@StartsProcesses
class ModelVocabularyTest extends AdmissionOverAPool {
    @Test
    void questionsAreAnsweredWhileAllSlotsAreTaken() throws IOException {
        start(1, 8);
        submit("hold").orTimeout(60, TimeUnit.SECONDS).join();
        assertThat(answer(new Tokenize("ab", true, true)))
                .isEqualTo(new TokenizedText(List.of(97, 98), List.of("n97", "n98")));
        assertThat(answer(new Tokenize("ab", true, false)).names()).isEmpty();
        assertThat(answer(new Detokenize(List.of(1, 2)))).isEqualTo("t1t2");
        assertThat(error(ask(new Tokenize("refuse", true, false))))
                .isEqualTo(new GenerationError.InvalidRequest("prompt", "no"));
        assertThat(admission.running()).isEqualTo(1);
    }

    @Test
    void lostWorkersQuestionGoesToTheNextOne() throws IOException {
        start(1, 8);
        Tokenize question = new Tokenize("die once " + folder.resolve("died"), true, false);
        assertThat(answer(question).tokens()).hasSize(question.text().length());
        assertThat(pool.view().workers().getFirst().restarts()).isEqualTo(1);
    }

    @Test
    void questionThatEndsWorkersFailsAndIsNotCountedAgainstThem() throws IOException {
        start(1, 8);
        for (int i = 0; i < 2; i++) {
            assertThat(error(ask(new Tokenize("die", true, false))))
                    .isInstanceOfSatisfying(GenerationError.EndsWorkers.class, ends -> assertThat(ends.losses())
                            .isEqualTo(3));
        }
        assertThat(answer(new Tokenize("a", true, false)).tokens()).containsExactly(97);
    }

    @Test
    void questionIsNotBlamedForKillsFromOutside() throws IOException {
        tokenize = TestConfig.of(TokenizeConfig.class, Map.of("quern.tokenize.max-losses", "1"));
        start(1, 8);
        CompletableFuture<TokenizedText> asked = ask(new Tokenize("hold", true, false));
        for (int kill = 1; kill <= 2; kill++) {
            await().until(() -> pool.state() == State.READY && !pool.mayAsk());
            ProcessHandle.of(pool.view().workers().getFirst().pid())
                    .orElseThrow()
                    .destroyForcibly();
            int restarts = kill;
            await().until(() -> pool.view().workers().getFirst().restarts() == restarts);
        }
        await().until(() -> pool.state() == State.READY && !pool.mayAsk());
        assertThat(asked).isNotDone();
        asked.cancel(true);
    }

    @Test
    void questionBeforeReadinessIsRefusedAsLoading() throws IOException {
        start(ScriptedPool.in(folder).script("never-ready"), config(8, LIMIT), ledger);
        assertThat(error(ask(new Tokenize("a", true, false)))).isEqualTo(new GenerationError.Loading("Loading model"));
        assertThat(admission.isIdle()).isTrue();
    }

    @Test
    void fullQueueRefusesAndWithdrawnQuestionsLeaveIt() throws IOException {
        tokenize = TestConfig.of(TokenizeConfig.class, Map.of("quern.tokenize.queue-size", "1"));
        start(1, 8);
        CompletableFuture<TokenizedText> asked = ask(new Tokenize("hold", true, false));
        CompletableFuture<TokenizedText> waits = ask(new Tokenize("b", true, false));
        assertThat(admission.waiting()).isEqualTo(1);
        assertThat(error(ask(new Tokenize("c", true, false)))).isInstanceOf(GenerationError.Overloaded.class);
        waits.cancel(true);
        asked.cancel(true);
        await().until(admission::isIdle);
    }

    @Test
    void questionsAreBoundedInLengthAndTime() throws IOException {
        tokenize = TestConfig.of(TokenizeConfig.class, Map.of("quern.tokenize.max-length", "10"));
        start(1, 8);
        assertThat(error(ask(new Tokenize("a".repeat(11), true, false))))
                .isInstanceOfSatisfying(GenerationError.InvalidRequest.class, e -> assertThat(e.message())
                        .contains("prompt must have at most 10", "quern.tokenize.max-length"));
        CompletableFuture<TokenizedText> held = ask(new Tokenize("hold", true, false));
        CompletableFuture<TokenizedText> waits = ask(new Tokenize("a", true, false));
        clock.advance(Duration.ofSeconds(31));
        assertThat(error(held)).isInstanceOf(GenerationError.DeadlineExceeded.class);
        assertThat(error(waits)).isInstanceOf(GenerationError.QueueTimeout.class);
        assertThat(admission.isIdle()).isTrue();
    }

    @Test
    void drainWaitsForTheAnswer() throws IOException {
        start(1, 8);
        CompletableFuture<TokenizedText> held = ask(new Tokenize("hold", true, false));
        CompletableFuture<Void> drained = admission.close().toCompletableFuture();
        assertThat(drained).isNotDone();
        assertThat(error(ask(new Tokenize("a", true, false)))).isInstanceOf(GenerationError.ShuttingDown.class);
        held.cancel(true);
        drained.orTimeout(60, TimeUnit.SECONDS).join();
        await().until(() -> pool.state() == State.READY);
    }

    @Test
    void heldAdmissionIsNotDrainedBeforeTheAnswer() throws IOException {
        start(1, 8);
        CompletableFuture<TokenizedText> asked = ask(new Tokenize("hold", true, false));
        admission.hold();
        assertThat(admission.isDrained()).isFalse();
        asked.cancel(true);
        assertThat(admission.isDrained()).isTrue();
    }

    @Test
    void heldQuestionsWaitUntilTheRelease() throws IOException {
        start(1, 8);
        assertThat(answer(new Tokenize("a", true, false)).tokens()).containsExactly(97);
        admission.hold();
        CompletableFuture<TokenizedText> waits = ask(new Tokenize("b", true, false));
        assertThat(admission.waiting()).isEqualTo(1);
        assertThat(admission.isDrained()).isTrue();
        admission.release();
        assertThat(waits.orTimeout(60, TimeUnit.SECONDS).join().tokens()).containsExactly(98);
    }

    private <A> CompletableFuture<A> ask(VocabularyQuestion<A> question) {
        return admission
                .vocabulary()
                .ask(question, "test", Optional.empty())
                .subscribeAsCompletionStage()
                .toCompletableFuture();
    }

    private <A> A answer(VocabularyQuestion<A> question) {
        return ask(question).orTimeout(60, TimeUnit.SECONDS).join();
    }

    private static GenerationError error(CompletableFuture<?> asked) {
        GenerationError[] error = new GenerationError[1];
        assertThatThrownBy(() -> asked.orTimeout(60, TimeUnit.SECONDS).join())
                .cause()
                .isInstanceOfSatisfying(GenerationException.class, e -> error[0] = e.error());
        return error[0];
    }
}
