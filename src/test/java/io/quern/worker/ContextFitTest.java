package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Rejected;
import org.junit.jupiter.api.Test;

class ContextFitTest {
    private final ContextFit fit = new ContextFit(100);

    @Test
    void what_fits_exactly_is_taken() {
        assertThat(fit.checkTokens(60, 0, 40)).isEmpty();
        assertThat(fit.checkTokens(99, 0, 0)).isEmpty();
        assertThat(fit.checkBytes(500, 5)).isEmpty();
    }

    @Test
    void a_prompt_that_leaves_no_room_for_an_answer_is_refused() {
        Rejected refused = fit.checkTokens(100, 0, 0).orElseThrow().build();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isEqualTo(100);
        assertThat(refused.getMessage())
                .isEqualTo("This model's maximum context length is 100 tokens. However, the prompt has 100 tokens."
                        + " Please shorten the prompt.");
    }

    @Test
    void an_answer_that_does_not_fit_behind_the_prompt_is_refused_with_the_sum() {
        Rejected refused = fit.checkTokens(60, 0, 41).orElseThrow().build();
        assertThat(refused.getMessage())
                .isEqualTo("This model's maximum context length is 100 tokens. However, the prompt has 60 tokens and"
                        + " max_tokens is 41, which makes 101. Please shorten the prompt or lower max_tokens.");
    }

    @Test
    void more_tokens_than_an_int_holds_are_refused_too() {
        assertThat(fit.checkTokens(1, 0, -1).orElseThrow().getMessage()).contains("max_tokens is 4294967295");
    }

    @Test
    void replayed_tokens_must_fit_as_well() {
        assertThat(fit.checkTokens(60, 41, 0)).isPresent();
    }

    @Test
    void bytes_that_cannot_be_so_few_tokens_are_refused_uncounted() {
        Rejected refused = fit.checkBytes(5_000_000, 5).orElseThrow().build();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isZero();
        assertThat(refused.getMessage()).contains("5000000 bytes").contains("at least 1000000 tokens");
    }
}
