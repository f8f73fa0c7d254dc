package io.quern.faults;

import io.quern.faults.Engine.WorkerView;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Stops a random one of two workers with SIGSTOP under 16 streams: the process exists but does nothing. */
final class StopWorker implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 200;
    private static final double NOTICE_MILLIS = 5000;

    @Override
    public String name() {
        return "stop-worker";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = testBed.times(20, 1);
        Outcome outcome = new Outcome(times);
        List<Double> noticed = new ArrayList<>();
        try (Engine engine = testBed.start(2, Map.of())) {
            Rounds rounds = new Rounds(engine, StreamRequest.several(STREAMS, TOKENS, 0), outcome);
            for (int i = 0; i < times; i++) {
                rounds.run("stop-" + i, victim -> {
                    long stopped = System.nanoTime();
                    Signals.stop(victim.pid());
                    engine.await(
                            "the engine notices the stopped worker",
                            () -> !isReady(engine, victim) || isIdle(engine, victim));
                    if (isReady(engine, victim)) {
                        // Its streams were already over, so the engine cannot notice before it gives the worker the
                        // next ones.
                        Signals.resume(victim.pid());
                        return;
                    }
                    noticed.add(Times.millisSince(stopped));
                    engine.await("both workers are ready again", () -> engine.allReady(victim.pid()));
                });
                Faults.progress(i, times);
            }
            double longest = Times.percentile(noticed, 1);
            double bound = testBed.bound(NOTICE_MILLIS);
            outcome.expect(
                    longest <= bound, "expected the engine to notice within %.0f ms, saw %.0f ms", bound, longest);
            outcome.figure("noticed after: %s", Times.summary(noticed));
            outcome.figure("pause of streams that moved: %s", Times.summary(rounds.pausesOfMoved()));
        }
        return outcome;
    }

    private static boolean isReady(Engine engine, WorkerView victim) {
        return engine.workers().stream().anyMatch(worker -> worker.pid() == victim.pid() && worker.ready());
    }

    private static boolean isIdle(Engine engine, WorkerView victim) {
        return engine.workers().stream().anyMatch(worker -> worker.pid() == victim.pid() && worker.busySlots() == 0);
    }
}
