package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestModels;
import io.quern.wire.Finish;
import io.quern.wire.Rejected;
import org.junit.jupiter.api.Test;

class WorkerAnswersTest extends WorkerAnswersContract {
    WorkerAnswersTest() {
        super(TestModels.demo(), "Q8_0", 200);
    }

    @Test
    void a_question_is_answered_until_the_model_is_done() throws Exception {
        Answer answer =
                worker.generate(Prompts.ask("What is a fork server?", 128).setIgnoreEos(false));
        Finish finish = answer.awaitFinish();
        assertThat(answer.text()).contains("fork server").doesNotContain("<|im_end|>");
        assertThat(finish.getReason()).isEqualTo(Finish.Reason.STOP);
        assertThat(finish.getPromptTokens()).isEqualTo(answer.awaitAccepted());
        assertThat(finish.getCompletionTokens()).isEqualTo(answer.tokens().size());
    }

    @Test
    void a_prompt_that_does_not_fit_is_refused_with_the_numbers() throws Exception {
        Rejected refused = worker.generate(Prompts.raw(" a".repeat(300), 5)).awaitRejected();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isEqualTo(300);
        assertThat(refused.getMessage()).contains("maximum context length is 256 tokens");

        refused = worker.generate(Prompts.ask("Hi!", 250)).awaitRejected();
        assertThat(refused.getMessage()).contains("250 in the completion");
    }
}
