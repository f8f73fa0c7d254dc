package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.pool.Recovery.Verdict;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RecoveryTest {
    private static final Instant NOW = Instant.parse("2026-01-01T00:00:00Z");
    private static final EndCause KILLED =
            new EndCause.ProcessEnded("its process ended with signal 9 (KILL)", Optional.empty());
    private static final EndCause ASSERTED = new EndCause.ProcessEnded("it aborted", Optional.of("a == b"));

    private final Recovery recovery = new Recovery(new RestartPolicy(
            TestPoolConfig.restart(Duration.ofMillis(100), Duration.ofSeconds(2), 2, Duration.ofMinutes(1)),
            new Random(1)));

    @Test
    void lostWorkerRestartsUntilTheLimit() {
        assertThat(recovery.after(KILLED, NOW)).isInstanceOf(Verdict.Again.class);
        assertThat(recovery.after(KILLED, NOW)).isInstanceOf(Verdict.Again.class);
        assertThat(recovery.after(KILLED, NOW)).isEqualTo(new Verdict.TooOften());
    }

    @Test
    void hopelessStartIsTheLast() {
        assertThat(recovery.after(new EndCause.Said("no such layer", true, Optional.empty()), NOW))
                .isEqualTo(new Verdict.Hopeless());
    }

    @Test
    void sameAssertionTwiceInARowIsHopeless() {
        assertThat(recovery.after(ASSERTED, NOW)).isInstanceOf(Verdict.Again.class);
        assertThat(recovery.after(ASSERTED, NOW)).isEqualTo(new Verdict.Hopeless());
    }

    @Test
    void workerThatWasReadyIsNeverHopeless() {
        recovery.ready();
        assertThat(recovery.after(ASSERTED, NOW)).isInstanceOf(Verdict.Again.class);
        assertThat(recovery.after(ASSERTED, NOW)).isInstanceOf(Verdict.Again.class);
    }
}
