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
 * kill -9 of the engine, by turns in its start (at a random time between its process and its readiness) and under streams (and
 * while the workers' AOT cache is recorded): nothing is left after a second, and the next start, in the same home, is a clean one.
 */
final class KillEngine implements Fault {
    private static final Pattern STARTED = Pattern.compile("workerId=\\d+ pid=\\d+ started by");
    private static final Pattern TROUBLE = Pattern.compile("(?m)^.* (ERROR|WARN) +\\[io\\.quern.*$");
    private static final int STREAMS = 4;
    private static final int TOKENS = 1800;

    private final Random random = new Random();

    @Override
    public String name() {
        return "kill-engine";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int pairs = stage.times(50, 2);
        Outcome outcome = new Outcome(2 * pairs);
        List<Double> starts = new ArrayList<>();
        List<Double> gone = new ArrayList<>();
        int beforeWorkers = 0;
        double start = 0;
        long folders = 0;
        stage.emptyRun();
        for (int i = 0; i < pairs; i++) {
            long begun = System.nanoTime();
            stage.emptyAot();
            try (Engine engine = stage.launch(2, null, Stage.SLOTS, Stage.CONTEXT, Map.of())) {
                engine.awaitFull();
                start = Times.millisSince(begun);
                starts.add(start);
                folders = folders == 0 ? stage.runFolders() : folders;
                whetherClean(stage, engine, folders, outcome);
                List<Future<StreamedAnswer>> streams =
                        engine.begin("cut-" + i, StreamRequest.several(STREAMS, TOKENS, 0));
                Service.pause(Duration.ofMillis(random.nextInt(1500)));
                gone.add(kill(stage, engine, "under streams", outcome));
                Engine.ends(streams);
            }
            try (Engine engine = stage.launch(2, null, Stage.SLOTS, Stage.CONTEXT, Map.of())) {
                Service.pause(Duration.ofMillis(random.nextInt((int) start)));
                if (engine.logged(STARTED).isEmpty()) {
                    beforeWorkers++;
                }
                gone.add(kill(stage, engine, "in its start", outcome));
            }
            Faults.progress(i, pairs);
        }
        // the last one, which had been killed in its start, has a next start too
        try (Engine engine = stage.start(2, Map.of())) {
            whetherClean(stage, engine, folders, outcome);
        }
        outcome.figure(
                "killed %d times under streams and %d times while starting, %d of these before the first worker",
                pairs, pairs, beforeWorkers);
        outcome.figure("all processes gone after: %s", Times.told(gone));
        outcome.figure("next start ready after: %s", Times.told(starts));
        return outcome;
    }

    /** @return how long the last of its processes has lived on, in milliseconds */
    private static double kill(Stage stage, Engine engine, String when, Outcome outcome) throws IOException {
        // under fork the launcher is its parent, which ends with it
        engine.itself().destroyForcibly();
        long killed = System.nanoTime();
        double bound = stage.bound(Processes.GONE_MILLIS);
        List<String> left = Processes.left(stage.home(), bound);
        outcome.expect(left.isEmpty(), "killed %s: expected no process after %.0f ms, saw %s", when, bound, left);
        return Times.millisSince(killed);
    }

    private static void whetherClean(Stage stage, Engine engine, long folders, Outcome outcome) throws IOException {
        List<String> trouble =
                engine.logged(TROUBLE).stream().map(line -> line.group()).toList();
        outcome.expect(trouble.isEmpty(), "expected a start without a warning, saw %s", trouble);
        long now = stage.runFolders();
        outcome.expect(now == folders, "expected the %d folders of this engine below run, saw %d", folders, now);
    }
}
