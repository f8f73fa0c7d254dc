package io.quern.gpu;

import io.quern.faults.Engine;
import io.quern.gpu.TestBed.EngineSettings;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** Checks that the engine refuses what does not fit into the memory of the device. */
final class Fit {
    private static final int SECONDS = 20;

    private Fit() {}

    static void tooLarge(TestBed testBed) throws Exception {
        Path model = testBed.model("too-large");
        refused(
                testBed,
                "weights of %.0f GB".formatted(Files.size(model) / 1e9),
                new EngineSettings("auto", model, 4, 512));
        refused(
                testBed,
                "a cache for 64 streams of a million tokens",
                new EngineSettings("auto", testBed.model("random-Q4_0"), 64, 1 << 20));
    }

    private static void refused(TestBed testBed, String what, EngineSettings engineSettings) throws Exception {
        Engine engine = testBed.launch(engineSettings.with(Map.of("QUERN_POOL_RESTART_MAX_RESTARTS", "1")));
        try {
            boolean ended = engine.service().process().waitFor(SECONDS, TimeUnit.SECONDS);
            String log = engine.service().logEnd();
            testBed.check(
                    ended && log.contains("needs") && log.contains(", but the memory "),
                    "%s: refused, and the log shows the calculation (%s)",
                    what,
                    ended
                            ? "exit code " + engine.service().process().exitValue()
                            : "still running after " + SECONDS + " s");
            testBed.report().block(log);
        } finally {
            engine.close();
        }
    }
}
