package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.quern.TestModels;
import io.quern.wire.Finish;
import io.quern.wire.Hello;
import io.quern.wire.Rejected;
import io.quern.wire.Step;
import io.quern.wire.VocabularyAnswer;
import io.quern.wire.VocabularyQuestion;
import java.util.Collections;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;

class WorkerAnswersTest extends WorkerAnswersContract {
    WorkerAnswersTest() {
        super(TestModels.demo(), "Q8_0", 200);
    }

    @Test
    void questionIsAnsweredUntilTheModelStops() throws Exception {
        Answer answer =
                worker.generate(Prompts.ask("What is a fork server?", 128).setIgnoreEos(false));
        Finish finish = answer.awaitFinish();
        assertThat(answer.text()).contains("fork server").doesNotContain("<|im_end|>");
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.STOP);
        assertThat(finish.getPromptTokens()).isEqualTo(answer.awaitAccepted());
        assertThat(finish.getCompletionTokens()).isEqualTo(answer.tokens().size());
    }

    @Test
    void longestQuestionsFitIntoTheHeap() throws Exception {
        try (WorkerProcess small =
                WorkerProcess.startReady(WorkerProcess.settings(TestModels.demo(), 4, 4096), "-Xmx22m")) {
            VocabularyAnswer tokens = small.ask(VocabularyQuestion.newBuilder()
                    .setTokenize(VocabularyQuestion.Tokenize.newBuilder()
                            .setText("東\u0301".repeat(100_000))
                            .setNames(true)));
            assertThat(tokens.getTokensCount()).isEqualTo(500_000);
            VocabularyAnswer text = small.ask(VocabularyQuestion.newBuilder()
                    .setDetokenize(VocabularyQuestion.Detokenize.newBuilder()
                            .addAllTokens(Collections.nCopies(200_000, tokens.getTokens(0)))));
            assertThat(text.getText().size()).isEqualTo(200_000);
            int longest = small.ask(VocabularyQuestion.newBuilder()
                            .setTokenize(
                                    VocabularyQuestion.Tokenize.newBuilder().setText("<|im_start|>")))
                    .getTokens(0);
            text = small.ask(VocabularyQuestion.newBuilder()
                    .setDetokenize(VocabularyQuestion.Detokenize.newBuilder()
                            .addAllTokens(Collections.nCopies(200_000, longest))));
            assertThat(text.getText().size()).isEqualTo(200_000 * "<|im_start|>".length());
            assertThat(small.generate(Prompts.raw("Once", 2)).awaitFinish().getCompletionTokens())
                    .isEqualTo(2);
        }
    }

    @Test
    void streamDoesNotWaitForThePromptsOfItsStep() throws Exception {
        try (WorkerProcess two = WorkerProcess.startReady(WorkerProcess.settings(TestModels.demo(), 2, 4096))) {
            Answer stream = two.generate(Prompts.raw("Once", 0));
            await().until(() -> !stream.deltas().isEmpty());
            two.generate(Prompts.raw("many words ".repeat(500), 1)).awaitFinish();
            List<Step> ofStream = two.steps.stream()
                    .filter(step -> step.getDeltasList().stream().anyMatch(delta -> delta.getRequest() == stream.id))
                    .skip(1)
                    .toList();
            assertThat(ofStream).isNotEmpty().allMatch(step -> step.getPrefilled() == 0);
            Set<Long> steps = ofStream.stream().map(Step::getStep).collect(Collectors.toSet());
            assertThat(two.steps)
                    .as("steps with prompts beside the stream")
                    .filteredOn(step -> step.getPrefilled() > 0 && steps.contains(step.getStep()))
                    .isNotEmpty();
        }
    }

    @Test
    void parkedWorkerServesTheNextEngine() throws Exception {
        try (WorkerProcess first = WorkerProcess.startReady(
                WorkerProcess.settings(TestModels.demo(), 1, 4096).setFaults(true))) {
            // far from its end when the engine leaves
            first.hold(25);
            Answer before = first.generate(Prompts.raw("Once", 20));
            before.awaitFinish();
            Answer cut = first.generate(Prompts.raw("Once upon a time", 4000));
            cut.awaitAccepted();
            WorkerProcess next = first.park("another token");
            Hello hello = next.hello.get(60, TimeUnit.SECONDS);
            assertThat(hello.getToken()).isEqualTo("another token");
            assertThat(hello.getPid()).isEqualTo(first.process.pid());
            assertThat(next.ready.get(60, TimeUnit.SECONDS)).isEqualTo(first.ready.get());
            assertThat(next.phases).as("nothing is loaded again").isEmpty();
            assertThatThrownBy(cut::awaitFinish).hasMessageContaining("has ended");
            // its only slot is free
            Answer after = next.generate(Prompts.raw("Once", 20));
            after.awaitFinish();
            assertThat(after.tokens()).isEqualTo(before.tokens());
            next.stop();
            assertThat(next.awaitExit()).isZero();
        }
    }

    @Test
    void tooLongPromptIsRefusedWithTheNumbers() throws Exception {
        Rejected refused = worker.generate(Prompts.raw(" a".repeat(300), 5)).awaitRejected();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isEqualTo(300);
        assertThat(refused.getMessage()).contains("maximum context length is 256 tokens");

        refused = worker.generate(Prompts.ask("Hi!", 250)).awaitRejected();
        assertThat(refused.getMessage()).contains("max_tokens is 250");
    }
}
