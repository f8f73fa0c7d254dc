package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.TestConfig;
import io.quern.cli.IdleCalibration.Candidate;
import io.quern.cli.IdleCalibration.Need;
import io.quern.cli.IdleCalibration.Trial;
import io.quern.time.ManualClock;
import io.quern.topology.Measurement;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class IdleCalibrationTest {
    private static final Duration SECOND = Duration.ofSeconds(1);

    /** More tasks than follow from each other at once. */
    private static final int STEPS = 5;

    private static final Measurement MEASURED = new Measurement(List.of(new Measurement.Speed(1, 1, 100)));

    private final ManualClock clock = new ManualClock();
    private final Model red = new Model("red");
    private final Model blue = new Model("blue");
    private volatile boolean busy;
    private final IdleCalibration calibration = new IdleCalibration(
            TestConfig.of(
                    CalibrationConfig.class,
                    Map.of("quern.calibration.idle-time", "10s", "quern.calibration.limit", "20s")),
            clock,
            List.of(red, blue),
            () -> busy);

    @AfterEach
    void close() {
        calibration.close();
    }

    @Test
    void idleEngineMeasuresOneModelAfterTheOther() {
        calibration.begin();
        advance(9);
        assertThat(red.trials).isEmpty();
        advance(1);
        assertThat(red.trials).hasSize(1);
        advance(1);
        assertThat(blue.trials).as("only one at a time").isEmpty();
        red.end();
        advance(1);
        assertThat(red.outcomes).isEqualTo(1);
        assertThat(blue.trials).hasSize(1);
        blue.end();
        advance(1000);
        assertThat(red.trials).hasSize(1);
        assertThat(blue.trials).hasSize(1);
    }

    @Test
    void requestEndsTheMeasurementWhichComesAgainLater() {
        blue.need = Need.NOTHING;
        calibration.begin();
        advance(10);
        busy = true;
        calibration.submitted();
        calibration.submitted();
        assertThat(red.trials.getFirst().stops).isEqualTo(1);
        advance(100);
        assertThat(red.trials).as("the request still runs").hasSize(1);
        busy = false;
        advance(19);
        assertThat(red.trials).hasSize(1);
        advance(11);
        assertThat(red.trials).as("after twice the idle time").hasSize(2);
        red.end();
        advance(1);
        assertThat(red.outcomes).isEqualTo(1);
    }

    @Test
    void shortRequestDelaysTheMeasurement() {
        calibration.begin();
        advance(8);
        calibration.submitted();
        advance(9);
        assertThat(red.trials).isEmpty();
        advance(1);
        assertThat(red.trials).hasSize(1);
    }

    @Test
    void requestThatComesDuringTheStartEndsTheMeasurement() {
        red.atStart = calibration::submitted;
        calibration.begin();
        advance(10);
        assertThat(red.trials.getFirst().stops).isEqualTo(1);
    }

    @Test
    void measurementThatTakesTooLongIsNotRepeated() {
        blue.need = Need.NOTHING;
        calibration.begin();
        advance(10);
        advance(19);
        assertThat(red.trials.getFirst().stops).isZero();
        advance(1);
        assertThat(red.trials.getFirst().stops).isEqualTo(1);
        advance(1000);
        assertThat(red.trials).hasSize(1);
    }

    @Test
    void failureDoesNotKeepTheNextModelFromBeingMeasured() {
        red.refusal = new IOException("Cannot write to /home");
        calibration.begin();
        advance(10);
        advance(1);
        assertThat(red.trials).isEmpty();
        assertThat(blue.trials).hasSize(1);
        blue.trials.getFirst().result.completeExceptionally(new IOException("broken"));
        advance(1000);
        assertThat(blue.trials).hasSize(1);
        assertThat(blue.outcomes).isZero();
    }

    @Test
    void modelWithoutMemoryIsMeasuredLater() {
        red.need = Need.WAIT;
        blue.need = Need.NOTHING;
        calibration.begin();
        advance(100);
        assertThat(red.trials).isEmpty();
        red.need = Need.MEASURE;
        advance(10);
        assertThat(red.trials).hasSize(1);
    }

    @Test
    void engineThatStopsEndsTheMeasurement() {
        calibration.begin();
        advance(10);
        calibration.close();
        assertThat(red.trials.getFirst().stops).isEqualTo(1);
        advance(1000);
        assertThat(red.trials).hasSize(1);
    }

    private void advance(int seconds) {
        clock.advance(SECOND.multipliedBy(seconds));
        for (int i = 0; i < STEPS; i++) {
            clock.advance(Duration.ZERO);
        }
    }

    /** A model whose measurements end when the test says so. */
    private static final class Model implements Candidate {
        private final String name;
        private final List<Attempt> trials = new ArrayList<>();
        private volatile Need need = Need.MEASURE;
        private volatile IOException refusal;
        private volatile Runnable atStart = () -> {};
        private volatile int outcomes;

        Model(String name) {
            this.name = name;
        }

        void end() {
            trials.getLast().result.complete(MEASURED);
        }

        @Override
        public String name() {
            return name;
        }

        @Override
        public Need need() {
            return need;
        }

        @Override
        public Trial start() throws IOException {
            if (refusal != null) {
                throw refusal;
            }
            Attempt attempt = new Attempt();
            trials.add(attempt);
            atStart.run();
            return attempt;
        }

        @Override
        public String outcome(Measurement measured) {
            assertThat(measured).isEqualTo(MEASURED);
            outcomes++;
            return "measured";
        }
    }

    private static final class Attempt implements Trial {
        private final CompletableFuture<Measurement> result = new CompletableFuture<>();
        private volatile int stops;

        @Override
        public CompletionStage<Measurement> result() {
            return result;
        }

        @Override
        public void stop() {
            stops++;
            result.completeExceptionally(new IOException("killed"));
        }
    }
}
