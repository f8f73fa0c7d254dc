package io.quern.faults;

import io.quern.faults.Engine.WorkerNow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** SIGSTOP of a random worker of two under 16 streams: it is there, and does not move. */
final class StopWorker implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 200;
    private static final double FOUND_MILLIS = 5000;

    @Override
    public String name() {
        return "stop-worker";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int times = stage.times(20, 1);
        Outcome outcome = new Outcome(times);
        List<Double> found = new ArrayList<>();
        try (Engine engine = stage.start(2, Map.of())) {
            Rounds rounds = new Rounds(engine, StreamRequest.several(STREAMS, TOKENS, 0), outcome);
            for (int i = 0; i < times; i++) {
                rounds.run("stop-" + i, victim -> {
                    long stopped = System.nanoTime();
                    Kill.stop(victim.pid());
                    engine.await(
                            "the engine notices the stopped worker",
                            () -> !stands(engine, victim) || idle(engine, victim));
                    if (stands(engine, victim)) {
                        // its streams were over at that moment: nobody misses it, until it is given the next ones
                        Kill.goOn(victim.pid());
                        return;
                    }
                    found.add(Times.millisSince(stopped));
                    engine.await("both workers are ready again", () -> engine.full(victim.pid()));
                });
                Faults.progress(i, times);
            }
            double longest = Times.percentile(found, 1);
            double bound = stage.bound(FOUND_MILLIS);
            outcome.expect(
                    longest <= bound, "expected the engine to notice within %.0f ms, saw %.0f ms", bound, longest);
            outcome.figure("noticed after: %s", Times.told(found));
            outcome.figure("pause of streams that moved: %s", Times.told(rounds.pausesOfMoved()));
        }
        return outcome;
    }

    private static boolean stands(Engine engine, WorkerNow victim) {
        return engine.workers().stream().anyMatch(worker -> worker.pid() == victim.pid() && worker.ready());
    }

    private static boolean idle(Engine engine, WorkerNow victim) {
        return engine.workers().stream().anyMatch(worker -> worker.pid() == victim.pid() && worker.busySlots() == 0);
    }
}
