package io.quern.faults;

import io.quern.faults.Engine.WorkerView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;

/**
 * Stops a random one of two workers with SIGSTOP: the process exists but does nothing.
 *
 * @param busy true for a worker under 16 streams, false for one without requests
 */
record StopWorker(boolean busy) implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 200;
    private static final double NOTICE_MILLIS = 500;

    @Override
    public String name() {
        return busy ? "stop-busy" : "stop-idle";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = testBed.times(20, 1);
        Outcome outcome = new Outcome(times);
        List<Double> noticed = new ArrayList<>();
        try (Engine engine = testBed.start(2, Map.of())) {
            Rounds rounds = new Rounds(engine, StreamRequest.several(STREAMS, TOKENS, 0), outcome);
            engine.awaitNoSlotBusy();
            try (PoolWatch watch = new PoolWatch(engine)) {
                Rounds.Disturbance stop = victim -> {
                    long stopped = System.nanoTime();
                    Signals.stop(victim.pid());
                    noticed.add(watch.lossMillisAfter(stopped));
                    engine.await("both workers are ready again", () -> engine.allReady(victim.pid()));
                };
                for (int i = 0; i < times; i++) {
                    if (busy) {
                        rounds.run("stop-" + i, stop);
                    } else {
                        List<WorkerView> workers = engine.workers();
                        stop.apply(workers.get(new Random().nextInt(workers.size())));
                    }
                    Faults.progress(i, times);
                }
            }
            if (!busy) {
                rounds.run("after", victim -> {});
            }
            double longest = Times.percentile(noticed, 1);
            double bound = testBed.bound(NOTICE_MILLIS);
            outcome.expect(
                    longest <= bound, "expected the engine to notice within %.0f ms, saw %.0f ms", bound, longest);
            outcome.figure("noticed after: %s", Times.summary(noticed));
            if (busy) {
                outcome.figure("pause of streams that moved: %s", Times.summary(rounds.pausesOfMoved()));
            }
        }
        return outcome;
    }
}
