package io.quern.fork;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LauncherWatchTest {
    private final LauncherWatch watch = new LauncherWatch(
            new Patience(Duration.ofSeconds(10), Duration.ofSeconds(60), Duration.ofSeconds(2)), true, at(0));

    @Test
    void loadingNeedsProgressAndNoPing() {
        assertThat(watch.asks(true, at(1))).isFalse();
        assertThat(watch.silentFor(at(60))).isZero();
        watch.heard(at(59));
        assertThat(watch.silentFor(at(119))).isZero();
        assertThat(watch.silentFor(at(120))).isEqualTo(Duration.ofSeconds(61));
    }

    @Test
    void launcherIsPingedOnlyWhileSomethingIsDue() {
        watch.loaded(at(1));
        assertThat(watch.asks(false, at(100))).isFalse();
        assertThat(watch.silentFor(at(1000))).isZero();
        assertThat(watch.asks(true, at(1000))).isTrue();
        assertThat(watch.asks(true, at(1001))).isFalse();
    }

    @Test
    void launcherThatDoesNotAnswerIsSilent() {
        watch.loaded(at(1));
        watch.asks(true, at(100));
        assertThat(watch.silentFor(at(110))).isZero();
        assertThat(watch.silentFor(at(111))).isEqualTo(Duration.ofSeconds(11));
    }

    @Test
    void answeringLauncherHasNoDeadline() {
        watch.loaded(at(1));
        for (int second = 100; second < 1000; second += 5) {
            assertThat(watch.asks(true, at(second))).isTrue();
            watch.answered(at(second + 1));
            assertThat(watch.silentFor(at(second + 4))).isZero();
        }
    }

    @Test
    void stoppedLauncherIsFoundWhileItOwesSomething() {
        watch.loaded(at(1));
        assertThat(watch.stoppedFor(true, at(2))).isZero();
        assertThat(watch.stoppedFor(true, at(100))).isZero();
        watch.asks(true, at(100));
        assertThat(watch.stoppedFor(true, at(101))).isZero();
        assertThat(watch.stoppedFor(true, at(102))).isZero();
        assertThat(watch.stoppedFor(true, at(103))).isEqualTo(Duration.ofSeconds(2));
    }

    @Test
    void continuedLauncherIsNotStopped() {
        assertThat(watch.stoppedFor(true, at(1))).isZero();
        assertThat(watch.stoppedFor(false, at(2))).isZero();
        assertThat(watch.stoppedFor(true, at(3))).isZero();
        assertThat(watch.stoppedFor(true, at(4))).isZero();
    }

    @Test
    void timeOfSuspendedEngineDoesNotCountAsStopped() {
        assertThat(watch.stoppedFor(true, at(1))).isZero();
        watch.heard(at(100));
        assertThat(watch.stoppedFor(true, at(100))).isZero();
        assertThat(watch.stoppedFor(true, at(101))).isZero();
        assertThat(watch.stoppedFor(true, at(102))).isEqualTo(Duration.ofSeconds(2));
    }

    private static long at(int seconds) {
        return seconds * 1_000_000_000L;
    }
}
