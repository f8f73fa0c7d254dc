package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.openai.models.completions.Completion;
import com.openai.models.completions.CompletionCreateParams;
import io.quern.TestModels;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

@Tag(TestModels.SMOLLM2)
class ServingSmolLm2IT extends ProcessServingContract {
    private static final String NAME = "SmolLM2-135M-Instruct.Q4_1";

    ServingSmolLm2IT() {
        super(TestModels.smolLm2().toString(), NAME, 512, "spawn");
    }

    @Test
    void openAiClientCompletesPlainText() {
        Completion completion = client.completions()
                .create(CompletionCreateParams.builder()
                        .model(NAME)
                        .prompt("The capital of France is")
                        .temperature(0.0)
                        .maxTokens(4)
                        .build());
        assertThat(completion.choices().getFirst().text()).contains("Paris");
    }
}
