package io.quern.fork;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LauncherWatchTest {
    private final LauncherWatch watch =
            new LauncherWatch(new Patience(Duration.ofSeconds(10), Duration.ofSeconds(60)), true, at(0));

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

    private static long at(int seconds) {
        return seconds * 1_000_000_000L;
    }
}
