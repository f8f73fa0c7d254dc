package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.wire.Finish;
import io.quern.wire.Generate;
import io.quern.wire.Rejected;
import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Tests that need a model with general knowledge. */
@Tag(TestModels.SMOLLM2)
class WorkerAnswersSmolLm2Test extends WorkerAnswersContract {
    WorkerAnswersSmolLm2Test() {
        super(TestModels.smolLm2(), "Q4_1", 20);
    }

    @Test
    void tooLongPromptIsRefusedWithTheNumbers() throws Exception {
        Rejected refused = worker.generate(Prompts.raw("word ".repeat(300), 5)).awaitRejected();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isBetween(300, 302);
        assertThat(refused.getMessage()).contains("maximum context length is 256 tokens");

        refused = worker.generate(Prompts.ask("Hi!", 250)).awaitRejected();
        assertThat(refused.getMessage()).contains("max_tokens is 250");
    }

    @Test
    void questionIsAnsweredUntilTheModelStops() throws Exception {
        Answer answer = worker.generate(
                Prompts.ask("What is the capital of France?", 64).setIgnoreEos(false));
        Finish finish = answer.awaitFinish();
        assertThat(answer.text()).contains("Paris").doesNotContain("<|im_end|>");
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.STOP);
        assertThat(finish.getPromptTokens()).isEqualTo(answer.awaitAccepted());
        assertThat(finish.getCompletionTokens()).isEqualTo(answer.tokens().size());
    }

    @Test
    void penaltiesReduceRepetition() throws Exception {
        Generate.Builder plain = Prompts.raw("one two one two one two one two one", 12);
        Generate.Builder repetition = plain.clone();
        repetition.getSamplingBuilder().setRepetitionPenalty(1.8f);
        Generate.Builder frequency = plain.clone();
        frequency.getSamplingBuilder().setFrequencyPenalty(2);
        List<Answer> answers = runAll(List.of(plain, repetition, frequency));
        long repeating = answers.get(0).tokens().stream().distinct().count();
        assertThat(answers.get(1).tokens().stream().distinct().count()).isGreaterThan(repeating);
        assertThat(answers.get(2).tokens().stream().distinct().count()).isGreaterThan(repeating);
        // only the repetition penalty counts the prompt's tokens, so only it changes the first token
        assertThat(answers.get(1).tokens().getFirst())
                .isNotEqualTo(answers.get(0).tokens().getFirst());
        assertThat(answers.get(2).tokens().getFirst())
                .isEqualTo(answers.get(0).tokens().getFirst());
    }

    @Test
    void charactersOfSeveralTokensStayComplete() throws Exception {
        Answer answer = worker.generate(Prompts.raw("漢字😀🎉漢字😀🎉漢字😀🎉漢字😀🎉", 24));
        answer.awaitFinish();
        assertThat(answer.text()).contains("🎉");
        assertThat(answer.deltas())
                .as("some token was part of a character")
                .anyMatch(d -> d.getText().isEmpty() && !d.hasFinish());
        assertThat(answer.deltas()).filteredOn(d -> !d.hasFinish()).allSatisfy(d -> assertThat(d.getText())
                .doesNotContain("\uFFFD"));
    }
}
