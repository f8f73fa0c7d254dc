package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class DrainRateTest {
    private final DrainRate rate = new DrainRate();

    @Test
    void nothingIsKnownBeforeAWaitingRequestBegins() {
        assertThat(rate.timeFor(3, seconds(0))).isEmpty();
        rate.began(seconds(1), false);
        assertThat(rate.timeFor(3, seconds(1))).as("nobody had to wait").isEmpty();
        rate.waits(seconds(1));
        assertThat(rate.timeFor(3, seconds(9))).isEmpty();
    }

    @Test
    void timeIsTheMeanBetweenTwoBeginnings() {
        rate.waits(seconds(10));
        rate.waits(seconds(11));
        rate.began(seconds(12), true);
        rate.began(seconds(12), true);
        rate.began(seconds(16), true);
        assertThat(rate.timeFor(5, seconds(16))).contains(Duration.ofSeconds(10));
        assertThat(rate.timeFor(0, seconds(16))).contains(Duration.ZERO);
    }

    @Test
    void timesWithoutAQueueDoNotCount() {
        rate.waits(seconds(0));
        rate.began(seconds(1), false);
        rate.waits(seconds(1000));
        rate.began(seconds(1001), true);
        rate.nobodyWaits();
        rate.began(seconds(5000), false);
        rate.waits(seconds(6000));
        assertThat(rate.timeFor(4, seconds(6000))).contains(Duration.ofSeconds(4));
    }

    @Test
    void stoppedQueueTakesLongerAndLonger() {
        rate.waits(seconds(0));
        rate.began(seconds(1), true);
        assertThat(rate.timeFor(2, seconds(2))).contains(Duration.ofSeconds(2));
        assertThat(rate.timeFor(2, seconds(100))).contains(Duration.ofSeconds(100));
    }

    @Test
    void oldTimesAreForgotten() {
        rate.waits(seconds(0));
        rate.began(seconds(100_000), true);
        for (int i = 1; i <= 64; i++) {
            rate.began(seconds(100_000 + i), true);
        }
        assertThat(rate.timeFor(1, seconds(100_064))).contains(Duration.ofSeconds(1));
    }

    private static long seconds(long seconds) {
        return Duration.ofSeconds(seconds).toNanos();
    }
}
