package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * kill -9 of a random worker of two under 16 streams, each time until both workers are ready again.
 *
 * @param sampled with SmolLM2 and at temperature 0.8, each stream with a seed; else the demo model, greedily
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
    public Outcome run(Stage stage) throws Exception {
        int times = sampled ? stage.times(10, 1) : stage.times(100, 5);
        Outcome outcome = new Outcome(times);
        List<StreamRequest> stories =
                StreamRequest.several(STREAMS, sampled ? SAMPLED_TOKENS : TOKENS, sampled ? 0.8 : 0);
        List<Double> capacity = new ArrayList<>();
        List<Double> seen = new ArrayList<>();
        try (Engine engine =
                stage.launch(2, sampled ? stage.model() : null, Stage.SLOTS, sampled ? 512 : Stage.CONTEXT, Map.of())) {
            engine.awaitFull();
            Rounds rounds = new Rounds(engine, stories, outcome);
            try (PoolWatch watch = new PoolWatch(engine)) {
                for (int i = 0; i < times; i++) {
                    rounds.run("kill-" + i, victim -> {
                        long killed = System.nanoTime();
                        victim.kill();
                        seen.add(watch.lossMillisAfter(killed));
                        engine.await("both workers are ready again", () -> engine.full(victim.pid()));
                        capacity.add(Times.millisSince(killed));
                    });
                    Faults.progress(i, times);
                }
            }
            List<Double> pauses = rounds.pausesOfMoved();
            outcome.expect(!pauses.isEmpty(), "expected streams that go on elsewhere, saw none");
            outcome.figure("pause of streams that moved: %s, aim 300", Times.told(pauses));
            outcome.figure("engine noticed after: %s", Times.told(seen));
            outcome.figure("both workers ready again after: %s, aim 500 if forked", Times.told(capacity));
            outcome.figure(
                    "%d streams of %d tokens took %.0f ms undisturbed",
                    STREAMS, stories.getFirst().tokens(), rounds.undisturbedMillis());
        }
        return outcome;
    }
}
