package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class TokensTest {
    private final Tokens tokens = new Tokens();

    @Test
    void tokenHas256RandomBits() {
        assertThat(tokens.make()).matches("[0-9a-f]{64}").isNotEqualTo(tokens.make());
    }

    @Test
    void tokenLetsInOnce() {
        String token = tokens.make();
        tokens.expect(token, null, null);
        assertThat(tokens.redeem(token)).isNotNull();
        assertThat(tokens.redeem(token)).isNull();
        assertThat(tokens.redeem(tokens.make())).isNull();
    }
}
