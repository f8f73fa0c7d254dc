package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RestartPolicyTest {
    private static final Instant START = Instant.parse("2026-01-01T00:00:00Z");

    private final RestartPolicy policy = new RestartPolicy(
            TestPoolConfig.restart(Duration.ofMillis(100), Duration.ofSeconds(2), 6, Duration.ofMinutes(1)),
            new Random(1));

    @Test
    void delayDoublesUpToTheMaximum() {
        long[] full = {100, 200, 400, 800, 1600, 2000};
        for (int i = 0; i < full.length; i++) {
            assertThat(policy.nextDelayMillis(START.plusSeconds(i)).orElseThrow())
                    .as("restart %d", i)
                    .isBetween(full[i] * 3 / 4, full[i]);
        }
    }

    @Test
    void tooManyRestartsInThePeriodEndRestarts() {
        for (int i = 0; i < 6; i++) {
            policy.nextDelayMillis(START.plusSeconds(i));
        }
        assertThat(policy.nextDelayMillis(START.plusSeconds(7))).isEmpty();
    }

    @Test
    void oldRestartsAreForgotten() {
        for (int i = 0; i < 5; i++) {
            policy.nextDelayMillis(START.plusSeconds(i));
        }
        assertThat(policy.nextDelayMillis(START.plusSeconds(120)).orElseThrow()).isBetween(75L, 100L);
    }

    @Test
    void forgivenEndDoesNotCountInEitherOrder() {
        for (int i = 0; i < 20; i++) {
            assertThat(policy.nextDelayMillis(START.plusSeconds(2 * i))).isPresent();
            policy.forgive();
            policy.forgive();
            assertThat(policy.nextDelayMillis(START.plusSeconds(2 * i + 1))).isPresent();
        }
        for (int i = 0; i < 6; i++) {
            assertThat(policy.nextDelayMillis(START.plusSeconds(40 + i))).isPresent();
        }
        assertThat(policy.nextDelayMillis(START.plusSeconds(47))).isEmpty();
    }
}
