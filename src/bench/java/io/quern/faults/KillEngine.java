package io.quern.faults;

import io.quern.bench.Service;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * Kills the engine with SIGKILL, in turn under streams and at a random moment of its start. Under streams it also
 * records its workers' AOT cache. After a second none of its processes may be left, and the next start in the same home
 * must be clean.
 */
final class KillEngine implements Fault {
    private static final Pattern STARTED = Pattern.compile("workerId=\\d+ pid=\\d+ started by");
    private static final Pattern WARNING = Pattern.compile("(?m)^.* (ERROR|WARN) +\\[io\\.quern.*$");
    private static final int STREAMS = 4;
    private static final int TOKENS = 1800;

    private final Random random = new Random();

    @Override
    public String name() {
        return "kill-engine";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int pairs = testBed.times(50, 2);
        Outcome outcome = new Outcome(2 * pairs);
        List<Double> starts = new ArrayList<>();
        List<Double> gone = new ArrayList<>();
        int beforeWorkers = 0;
        double start = 0;
        long folders = 0;
        testBed.emptyRun();
        for (int i = 0; i < pairs; i++) {
            long started = System.nanoTime();
            testBed.emptyAot();
            try (Engine engine = testBed.launch(2, null, TestBed.SLOTS, TestBed.CONTEXT, Map.of())) {
                engine.awaitAllReady();
                start = Times.millisSince(started);
                starts.add(start);
                folders = folders == 0 ? testBed.runFolders() : folders;
                expectCleanStart(testBed, engine, folders, outcome);
                List<Future<StreamedAnswer>> streams =
                        engine.submit("cut-" + i, StreamRequest.several(STREAMS, TOKENS, 0));
                Service.pause(Duration.ofMillis(random.nextInt(1500)));
                gone.add(kill(testBed, engine, "under streams", outcome));
                Engine.awaitAnswers(streams);
            }
            try (Engine engine = testBed.launch(2, null, TestBed.SLOTS, TestBed.CONTEXT, Map.of())) {
                Service.pause(Duration.ofMillis(random.nextInt((int) start)));
                if (engine.logged(STARTED).isEmpty()) {
                    beforeWorkers++;
                }
                gone.add(kill(testBed, engine, "while starting", outcome));
            }
            Faults.progress(i, pairs);
        }
        // The engine killed last, during its start, also needs a next start.
        try (Engine engine = testBed.start(2, Map.of())) {
            expectCleanStart(testBed, engine, folders, outcome);
        }
        outcome.figure(
                "killed %d times under streams and %d times while starting, %d of these before the first worker",
                pairs, pairs, beforeWorkers);
        outcome.figure("all processes gone after: %s", Times.summary(gone));
        outcome.figure("next start ready after: %s", Times.summary(starts));
        return outcome;
    }

    /**
     * Kills the engine.
     *
     * @return milliseconds until the last of its processes had ended
     */
    private static double kill(TestBed testBed, Engine engine, String when, Outcome outcome) throws IOException {
        // With fork, its parent is the launcher, which ends with it.
        engine.engineProcess().destroyForcibly();
        long killed = System.nanoTime();
        double bound = testBed.bound(Processes.GONE_MILLIS);
        List<String> left = Processes.left(testBed.home(), bound);
        outcome.expect(
                left.isEmpty(),
                "killed %s: expected no process of the engine after %.0f ms, saw %s",
                when,
                bound,
                left);
        return Times.millisSince(killed);
    }

    private static void expectCleanStart(TestBed testBed, Engine engine, long folders, Outcome outcome)
            throws IOException {
        List<String> warnings =
                engine.logged(WARNING).stream().map(line -> line.group()).toList();
        outcome.expect(warnings.isEmpty(), "expected a start without warnings, saw %s", warnings);
        long now = testBed.runFolders();
        outcome.expect(now == folders, "expected only the %d run folders of this engine, saw %d", folders, now);
    }
}
