package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class PulseTest {
    private final Pulse pulse = new Pulse(Duration.ofSeconds(5), Duration.ofSeconds(60), Duration.ofSeconds(10), at(0));

    @Test
    void idleWorkerIsNeverStuck() {
        pulse.stepped(at(1), 50_000);
        assertThat(pulse.stuckFor(at(10_000))).isZero();
    }

    @Test
    void busyWorkerThatMakesStepsIsNotStuck() {
        pulse.begins(at(0));
        for (int second = 1; second < 100; second += 4) {
            pulse.stepped(at(second), 50_000);
            assertThat(pulse.stuckFor(at(second + 4))).isZero();
        }
    }

    @Test
    void busyWorkerWithoutFramesIsStuck() {
        pulse.begins(at(0));
        pulse.stepped(at(1), 50_000);
        assertThat(pulse.stuckFor(at(6))).isZero();
        assertThat(pulse.stuckFor(at(6.5))).isEqualTo(Duration.ofMillis(5500));
    }

    @Test
    void theFirstStepMayTakeLonger() {
        pulse.begins(at(0));
        pulse.heard(at(1));
        assertThat(pulse.stuckFor(at(60))).isZero();
        assertThat(pulse.stuckFor(at(62))).isPositive();
    }

    @Test
    void warmWorkerHasTheUsualLimit() {
        pulse.warm();
        pulse.begins(at(0));
        assertThat(pulse.stuckFor(at(6))).isPositive();
    }

    @Test
    void slowStepsRaiseTheLimit() {
        pulse.begins(at(0));
        pulse.stepped(at(2), 2_000_000);
        assertThat(pulse.stuckFor(at(41))).isZero();
        assertThat(pulse.stuckFor(at(43))).isPositive();
    }

    @Test
    void slowStepIsForgottenGradually() {
        pulse.begins(at(0));
        pulse.stepped(at(2), 2_000_000);
        for (int i = 0; i < 200; i++) {
            pulse.stepped(at(3), 5_000);
        }
        assertThat(pulse.stuckFor(at(8.5))).isPositive();
    }

    @Test
    void timeWithoutWorkDoesNotCount() {
        pulse.begins(at(0));
        pulse.stepped(at(1), 50_000);
        pulse.ends();
        pulse.begins(at(1000));
        assertThat(pulse.stuckFor(at(1004))).isZero();
        // a second request does not reset the time
        pulse.begins(at(1004));
        assertThat(pulse.stuckFor(at(1006))).isPositive();
    }

    @Test
    void idleWorkerIsPingedOncePerInterval() {
        pulse.heard(at(1));
        assertThat(pulse.asks(at(10))).isFalse();
        assertThat(pulse.asks(at(11))).isTrue();
        assertThat(pulse.asks(at(12))).isFalse();
        pulse.heard(at(12));
        assertThat(pulse.asks(at(21))).isFalse();
        assertThat(pulse.asks(at(22))).isTrue();
    }

    @Test
    void idleWorkerThatDoesNotAnswerIsStuck() {
        pulse.heard(at(1));
        pulse.asks(at(11));
        assertThat(pulse.stuckFor(at(16))).isZero();
        assertThat(pulse.stuckFor(at(17))).isEqualTo(Duration.ofSeconds(6));
        pulse.heard(at(17));
        assertThat(pulse.stuckFor(at(100))).isZero();
    }

    @Test
    void busyWorkerIsNotPinged() {
        pulse.heard(at(0));
        pulse.begins(at(1));
        assertThat(pulse.asks(at(100))).isFalse();
    }

    @Test
    void requestAfterAPingGetsTheWholeLimit() {
        pulse.warm();
        pulse.heard(at(0));
        pulse.asks(at(10));
        pulse.begins(at(14));
        assertThat(pulse.stuckFor(at(18))).isZero();
        assertThat(pulse.stuckFor(at(20))).isPositive();
    }

    private static long at(double seconds) {
        return (long) (seconds * 1e9);
    }
}
