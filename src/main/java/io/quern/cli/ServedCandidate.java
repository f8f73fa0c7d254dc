package io.quern.cli;

import io.quern.boot.Calibration;
import io.quern.boot.Tuning;
import io.quern.catalog.HostedModel;
import io.quern.catalog.ModelCatalog;
import io.quern.topology.Measurement;
import java.io.IOException;
import java.util.Locale;
import java.util.concurrent.CompletionStage;

/** A model of the running engine that may be measured. */
record ServedCandidate(HostedModel model, ModelCatalog catalog) implements IdleCalibration.Candidate {

    @Override
    public String name() {
        return model.name();
    }

    @Override
    public IdleCalibration.Need need() {
        Tuning tuning = model.tuning().orElse(null);
        if (tuning == null) {
            return IdleCalibration.Need.WAIT;
        }
        if (!tuning.matters()) {
            return IdleCalibration.Need.NOTHING;
        }
        if (!tuning.fits(catalog.memoryLeft())) {
            return IdleCalibration.Need.WAIT;
        }
        return tuning.isMeasured() ? IdleCalibration.Need.NOTHING : IdleCalibration.Need.MEASURE;
    }

    private Tuning tuning() {
        return model.tuning().orElseThrow();
    }

    @Override
    public IdleCalibration.Trial start() throws IOException {
        Calibration.Running running = tuning().calibration().start(speed -> {});
        return new IdleCalibration.Trial() {
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
    public String outcome(Measurement measured) {
        Measurement.Speed last = measured.speeds().getLast();
        String now = tuning().now().text();
        String next = tuning().next(measured).text();
        return String.format(
                Locale.ROOT,
                "measured speed of one thread: %.0f tokens/s for a single stream, %.0f for %d together; the next start"
                        + " chooses %s",
                measured.speeds().getFirst().tokensPerSecond(),
                last.tokensPerSecond(),
                last.streams(),
                next.equals(now) ? next + ", as this one has" : next + " instead of " + now);
    }
}
