package io.quern.faults;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The engine cannot have what it needs: it ends with exit code 1, soon, and says what is missing. */
abstract class Ends implements Fault {
    /** From the start of the process, boot included. */
    private static final double END_MILLIS = 15_000;

    /** What the end of all its processes may take. */
    private static final double GONE_MILLIS = 1000;

    /** What the engine's command is an argument of. */
    abstract List<String> under(Path home);

    /** What must stand in the log. */
    abstract Pattern reason();

    @Override
    public Outcome run(Stage stage) throws Exception {
        Outcome outcome = new Outcome(1);
        Path home = Restricted.open("quern-" + name());
        try {
            if (!Restricted.works(under(home), stage.jar())) {
                return outcome.figure("skipped: needs root, and a folder that other users can read");
            }
            long begin = System.nanoTime();
            try (Engine engine = stage.launch(under(home), home, Map.of())) {
                int code = engine.exitCode();
                double millis = Times.millisSince(begin);
                outcome.figure("exit code %d after %.0f ms", code, millis);
                outcome.expect(code == 1, "expected exit code 1, saw %d", code);
                outcome.expect(
                        millis <= stage.bound(END_MILLIS),
                        "expected the end within %.0f ms, saw %.0f ms",
                        stage.bound(END_MILLIS),
                        millis);
                outcome.expect(
                        !engine.logged(reason()).isEmpty(),
                        "expected the line '%s', saw: %s",
                        reason(),
                        engine.service().logEnd());
            }
            long ended = System.nanoTime();
            List<String> left = Processes.of(home);
            while (!left.isEmpty() && Times.millisSince(ended) < GONE_MILLIS) {
                left = Processes.of(home);
            }
            outcome.expect(left.isEmpty(), "expected no process after %.0f ms, saw %s", GONE_MILLIS, left);
        } finally {
            Restricted.delete(home);
        }
        return outcome;
    }
}
