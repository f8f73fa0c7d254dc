package io.quern.openai;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class BodyPaceTest {
    private static final long SECOND = Duration.ofSeconds(1).toNanos();

    private final BodyPace.Watch watch = new BodyPace(Duration.ofMinutes(1), 100).begin(0);

    @Test
    void steadyBodyIsAcceptedUntilTimeout() {
        for (int second = 1; second < 60; second++) {
            assertThat(watch.look(second * SECOND, second * 100L)).isNull();
        }
        ApiError late = watch.look(60 * SECOND, 6000);
        assertThat(late.status()).isEqualTo(408);
        assertThat(late.message()).contains("quern.openai.body-timeout");
    }

    @Test
    void bodyThatStallsAfterFastStartIsRefused() {
        assertThat(watch.look(10 * SECOND, 1_000_000)).isNull();
        ApiError slow = watch.look(20 * SECOND, 1_000_100);
        assertThat(slow.status()).isEqualTo(408);
        assertThat(slow.message()).contains("quern.openai.body-min-rate");
    }

    @Test
    void pauseShorterThanTheWindowIsAllowed() {
        assertThat(watch.look(9 * SECOND, 0)).isNull();
        assertThat(watch.look(10 * SECOND, 1000)).isNull();
    }

    @Test
    void rateOfZeroAcceptsAnyPace() {
        BodyPace.Watch any = new BodyPace(Duration.ofMinutes(1), 0).begin(0);
        assertThat(any.look(59 * SECOND, 0)).isNull();
    }
}
