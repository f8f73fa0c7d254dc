package io.quern.faults;

import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** The engine lacks something it needs: it soon ends with exit code 1 and says what is missing. */
abstract class RefusedStart implements Fault {
    /** Measured from the start of the process, so the boot is included. */
    private static final double END_MILLIS = 15_000;

    /** Time in which all processes of the engine must end. */
    private static final double GONE_MILLIS = 1000;

    /** Returns the command that takes something away and then runs the engine as its arguments. */
    abstract List<String> wrapper(Path home);

    /** Matches the line in the log that names the reason. */
    abstract Pattern reason();

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        Outcome outcome = new Outcome(1);
        Path home = Restricted.sharedFolder("quern-" + name());
        try {
            if (!Restricted.works(wrapper(home), testBed.jar())) {
                return outcome.figure("skipped: needs root, and a build folder that other users can read");
            }
            long begin = System.nanoTime();
            try (Engine engine = testBed.launch(wrapper(home), home, Map.of())) {
                int code = engine.exitCode();
                double millis = Times.millisSince(begin);
                outcome.figure("exit code %d after %.0f ms", code, millis);
                outcome.expect(code == 1, "expected exit code 1, saw %d", code);
                outcome.expect(
                        millis <= testBed.bound(END_MILLIS),
                        "expected the engine to end within %.0f ms, saw %.0f ms",
                        testBed.bound(END_MILLIS),
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
            outcome.expect(
                    left.isEmpty(), "expected no process of the engine after %.0f ms, saw %s", GONE_MILLIS, left);
        } finally {
            Restricted.delete(home);
        }
        return outcome;
    }
}
