package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.process.ProcessSight;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class StandstillTest {
    private static final long MILLI = 1_000_000;
    private static final Duration PERIOD = Duration.ofMillis(100);

    private final Standstill standstill = new Standstill();

    @Test
    void thirdLookAtStoppedProcessFindsIt() {
        assertThat(seen(stopped(5), 100)).isZero();
        assertThat(seen(stopped(5), 200)).isZero();
        assertThat(seen(stopped(5), 310)).isEqualTo(Duration.ofMillis(210));
        // it may take a while to end
        assertThat(seen(stopped(5), 410)).isEqualTo(Duration.ofMillis(310));
    }

    @Test
    void runningProcessIsNeverFound() {
        for (int time = 0; time < 10_000; time += 100) {
            assertThat(seen(Optional.of(new ProcessSight.Look(false, 5)), time)).isZero();
        }
    }

    @Test
    void processThatIsContinuedStartsAgain() {
        seen(stopped(5), 100);
        seen(stopped(5), 200);
        assertThat(seen(Optional.of(new ProcessSight.Look(false, 5)), 300)).isZero();
        assertThat(seen(stopped(5), 400)).isZero();
        assertThat(seen(stopped(5), 500)).isZero();
        assertThat(seen(stopped(5), 600)).isPositive();
    }

    @Test
    void processThatComputesBetweenLooksIsNotFound() {
        for (int look = 0; look < 100; look++) {
            assertThat(seen(stopped(look), look * 100)).isZero();
        }
    }

    @Test
    void looksBeforeTheEngineWasSuspendedDoNotCount() {
        seen(stopped(5), 100);
        seen(stopped(5), 200);
        assertThat(seen(stopped(5), 60_000)).isZero();
        assertThat(seen(stopped(5), 60_100)).isZero();
        assertThat(seen(stopped(5), 60_200)).isEqualTo(Duration.ofMillis(200));
    }

    /** Ctrl-Z stops a spawned worker, then the engine, and {@code fg} continues the engine a little earlier. */
    @Test
    void workerStoppedForAMomentWithTheEngineIsNotFound() {
        seen(stopped(5), 100);
        seen(stopped(5), 200);
        assertThat(seen(stopped(5), 900)).isZero();
        assertThat(seen(stopped(5), 1000)).isZero();
        assertThat(seen(Optional.of(new ProcessSight.Look(false, 5)), 1100)).isZero();
    }

    @Test
    void delayedLooksStillFindAStoppedProcess() {
        seen(stopped(5), 100);
        seen(stopped(5), 390);
        assertThat(seen(stopped(5), 680)).isPositive();
    }

    @Test
    void processThatCannotBeSeenIsNotFound() {
        seen(stopped(5), 100);
        seen(stopped(5), 200);
        assertThat(seen(Optional.empty(), 300)).isZero();
        assertThat(standstill.look(PERIOD, 400 * MILLI)).isEmpty();
        standstill.watch(0);
        assertThat(standstill.look(PERIOD, 500 * MILLI)).isEmpty();
        standstill.close();
    }

    @Test
    void looksAreHalfTheLimitApart() {
        assertThat(Standstill.period(Duration.ofMillis(200))).isEqualTo(Duration.ofMillis(100));
        assertThat(Standstill.period(Duration.ofNanos(1))).isEqualTo(Duration.ofMillis(10));
    }

    private Duration seen(Optional<ProcessSight.Look> look, long millis) {
        return standstill.seen(look, PERIOD, millis * MILLI);
    }

    private static Optional<ProcessSight.Look> stopped(long ticks) {
        return Optional.of(new ProcessSight.Look(true, ticks));
    }
}
