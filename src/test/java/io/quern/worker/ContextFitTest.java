package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Rejected;
import org.junit.jupiter.api.Test;

class ContextFitTest {
    private final ContextFit fit = new ContextFit(100);

    @Test
    void exactFitIsAccepted() {
        assertThat(fit.checkTokens(60, 0, 40)).isEmpty();
        assertThat(fit.checkTokens(99, 0, 0)).isEmpty();
        assertThat(fit.checkBytes(500, 5)).isEmpty();
    }

    @Test
    void promptWithoutRoomForAnAnswerIsRefused() {
        Rejected refused = fit.checkTokens(100, 0, 0).orElseThrow().build();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isEqualTo(100);
        assertThat(refused.getMessage())
                .isEqualTo("This model's maximum context length is 100 tokens. However, the prompt has 100 tokens."
                        + " Please shorten the prompt.");
    }

    @Test
    void tooLongAnswerIsRefusedWithTheSum() {
        Rejected refused = fit.checkTokens(60, 0, 41).orElseThrow().build();
        assertThat(refused.getMessage())
                .isEqualTo("This model's maximum context length is 100 tokens. However, the prompt has 60 tokens and"
                        + " max_tokens is 41, which makes 101. Please shorten the prompt or lower max_tokens.");
    }

    @Test
    void moreTokensThanAnIntAreRefused() {
        assertThat(fit.checkTokens(1, 0, -1).orElseThrow().getMessage()).contains("max_tokens is 4294967295");
    }

    @Test
    void replayedTokensMustFitToo() {
        assertThat(fit.checkTokens(60, 41, 0)).isPresent();
    }

    @Test
    void tooManyBytesAreRefusedWithoutTokenising() {
        Rejected refused = fit.checkBytes(5_000_000, 5).orElseThrow().build();
        assertThat(refused.getReason()).isEqualTo(Rejected.Reason.CONTEXT_LENGTH);
        assertThat(refused.getPromptTokens()).isZero();
        assertThat(refused.getMessage()).contains("5000000 bytes").contains("at least 1000000 tokens");
    }
}
