package io.quern.gpu;

import io.quern.faults.Engine;
import io.quern.gpu.Stage.Wish;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What does not fit. */
final class Fit {
    private static final int SECONDS = 20;

    private Fit() {}

    static void tooLarge(Stage stage) throws Exception {
        refused(stage, "weights of 140 GB", new Wish("auto", stage.model("too-large"), 4, 512));
        refused(
                stage,
                "a cache for 64 streams of a million tokens",
                new Wish("auto", stage.model("random-Q4_0"), 64, 1 << 20));
    }

    private static void refused(Stage stage, String what, Wish wish) throws Exception {
        Engine engine = stage.launch(wish.with(Map.of("QUERN_POOL_RESTART_MAX_RESTARTS", "1")));
        try {
            boolean ended = engine.service().process().waitFor(SECONDS, TimeUnit.SECONDS);
            String log = engine.service().logEnd();
            stage.check(
                    ended && log.contains("needs") && log.contains(", but the memory "),
                    "%s: refused, and the log shows the calculation (%s)",
                    what,
                    ended
                            ? "exit code " + engine.service().process().exitValue()
                            : "still running after " + SECONDS + " s");
            stage.report().block(log);
        } finally {
            engine.close();
        }
    }
}
