package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Kills a random one of two workers with SIGKILL under 16 streams. The next kill waits until both workers are ready
 * again.
 *
 * @param sampled true for SmolLM2 at temperature 0.8 with a seed for each stream, false for the demo model with greedy
 * sampling
 */
record KillWorker(boolean sampled) implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 200;
    private static final int SAMPLED_TOKENS = 150;

    @Override
    public String name() {
        return sampled ? "kill-worker-sampled" : "kill-worker";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = sampled ? testBed.times(10, 1) : testBed.times(100, 5);
        Outcome outcome = new Outcome(times);
        List<StreamRequest> requests =
                StreamRequest.several(STREAMS, sampled ? SAMPLED_TOKENS : TOKENS, sampled ? 0.8 : 0);
        List<Double> restored = new ArrayList<>();
        List<Double> noticed = new ArrayList<>();
        try (Engine engine = testBed.launch(
                2, sampled ? testBed.model() : null, TestBed.SLOTS, sampled ? 512 : TestBed.CONTEXT, Map.of())) {
            engine.awaitAllReady();
            Rounds rounds = new Rounds(engine, requests, outcome);
            try (PoolWatch watch = new PoolWatch(engine)) {
                for (int i = 0; i < times; i++) {
                    rounds.run("kill-" + i, victim -> {
                        long killed = System.nanoTime();
                        victim.kill();
                        noticed.add(watch.lossMillisAfter(killed));
                        engine.await("both workers are ready again", () -> engine.allReady(victim.pid()));
                        restored.add(Times.millisSince(killed));
                    });
                    Faults.progress(i, times);
                }
            }
            List<Double> pauses = rounds.pausesOfMoved();
            outcome.expect(!pauses.isEmpty(), "expected streams to resume on the other worker, saw none");
            outcome.figure("pause of streams that moved: %s, aim 300", Times.summary(pauses));
            outcome.figure("engine noticed after: %s", Times.summary(noticed));
            outcome.figure("both workers ready again after: %s, aim 500 if forked", Times.summary(restored));
            outcome.figure(
                    "%d streams of %d tokens took %.0f ms undisturbed",
                    STREAMS, requests.getFirst().tokens(), rounds.undisturbedMillis());
        }
        return outcome;
    }
}
