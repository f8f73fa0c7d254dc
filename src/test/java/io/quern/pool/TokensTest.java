package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestSettings;
import io.quern.time.EngineClock;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class TokensTest {
    private final Tokens tokens = new Tokens();

    @Test
    void tokenHas256RandomBits() {
        assertThat(tokens.make()).matches("[0-9a-f]{64}").isNotEqualTo(tokens.make());
    }

    @Test
    void tokenWorksOnce() {
        String token = tokens.make();
        tokens.expect(token, null, null);
        assertThat(tokens.redeem(token)).isNotNull();
        assertThat(tokens.redeem(token)).isNull();
        assertThat(tokens.redeem(tokens.make())).isNull();
    }

    @Test
    void newTokenReplacesTheOldOne() {
        WorkerLife life = life();
        String first = tokens.issue(null, life, WorkerSettings.getDefaultInstance());
        String other = tokens.issue(null, life(), WorkerSettings.getDefaultInstance());
        WorkerSettings settings = TestSettings.of(Path.of("m"), Path.of("l"), 1).build();
        String last = tokens.issue(null, life, settings);
        assertThat(tokens.redeem(first)).isNull();
        assertThat(tokens.redeem(last).settings()).contains(settings);
        assertThat(tokens.redeem(other)).isNotNull();
    }

    private static WorkerLife life() {
        return new WorkerLife(null, EngineClock.system(), null);
    }
}
