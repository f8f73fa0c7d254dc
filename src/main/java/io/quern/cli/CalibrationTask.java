package io.quern.cli;

import io.quern.boot.Calibration;
import io.quern.boot.Tuning;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.log.KeyedLog;
import io.quern.topology.Measurement;
import java.io.IOException;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.CompletionStage;

/** Measures the speed of a model of the running engine, for its next start. */
record CalibrationTask(HostedModel model, ModelCatalog catalog, CalibrationConfig config, IdlePace pace)
        implements IdleTask<Measurement> {
    private static final KeyedLog LOG = KeyedLog.of(CalibrationTask.class);

    @Override
    public Duration limit() {
        return config.limit();
    }

    @Override
    public Need need() {
        Tuning tuning = model.tuning().orElse(null);
        if (tuning == null) {
            return Need.WAIT;
        }
        if (!tuning.matters()) {
            return Need.NOTHING;
        }
        if (!tuning.fits(catalog.memoryLeft())) {
            return Need.WAIT;
        }
        return tuning.isMeasured() ? Need.NOTHING : Need.START;
    }

    private Tuning tuning() {
        return model.tuning().orElseThrow();
    }

    @Override
    public Run<Measurement> start() throws IOException {
        Calibration.Running running = tuning().calibration().start(speed -> {});
        return new Run<>() {
            @Override
            public CompletionStage<Measurement> result() {
                return running.result();
            }

            @Override
            public void stop() {
                running.stop();
            }
        };
    }

    @Override
    public void succeeded(Measurement measured) {
        Measurement.Speed last = measured.speeds().getLast();
        String now = tuning().now().text();
        String next = tuning().next(measured).text();
        log().infof(
                        "%s",
                        String.format(
                                Locale.ROOT,
                                "measured speed of one thread: %.0f tokens/s for a single stream, %.0f for %d"
                                        + " together; the next start chooses %s",
                                measured.speeds().getFirst().tokensPerSecond(),
                                last.tokensPerSecond(),
                                last.streams(),
                                next.equals(now) ? next + ", as this one has" : next + " instead of " + now));
    }

    @Override
    public void gaveWay() {
        log().debugf("a request has ended the measurement of the speed");
    }

    @Override
    public void overdue() {
        log().infof(
                        "the speed was not measured within %d s (quern.calibration.limit). `%s tune` measures it.",
                        config.limit().toSeconds(), Commands.name());
    }

    @Override
    public void failed(Throwable cause) {
        log().infof("the speed was not measured, so starts estimate it: %s", cause.getMessage());
    }

    private KeyedLog log() {
        return LOG.model(model.name());
    }
}
