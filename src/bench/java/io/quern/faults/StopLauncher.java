package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * SIGSTOP of the launcher, then kill -9 of a worker, under streams: nobody reports the worker's end. A fork server is
 * killed and replaced; beside an entry point, which cannot be, the worker is spawned. Under spawn there is none.
 */
final class StopLauncher implements Fault {
    private static final int STREAMS = 8;
    private static final int TOKENS = 300;

    @Override
    public String name() {
        return "stop-launcher";
    }

    @Override
    public boolean concerns(String method) {
        return !method.equals("spawn");
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        boolean server = stage.method().equals("forkserver");
        int times = server ? stage.times(5, 1) : 1;
        Outcome outcome = new Outcome(times);
        List<Double> whole = new ArrayList<>();
        long stopped = 0;
        try (Engine engine = stage.start(2, Map.of("QUERN_WORKER_LAUNCHER_TIMEOUT", "2s"))) {
            try {
                Rounds rounds = new Rounds(engine, StreamRequest.several(STREAMS, TOKENS, 0), outcome);
                for (int i = 0; i < times; i++) {
                    stopped = BrokenModel.launcher(engine);
                    long launcher = stopped;
                    rounds.run("launcher-" + i, victim -> {
                        Kill.stop(launcher);
                        long killed = System.nanoTime();
                        victim.kill();
                        engine.await("both workers are ready again", () -> engine.full(victim.pid()));
                        whole.add(Times.millisSince(killed));
                    });
                }
                String expected = server ? "forkserver" : "spawn";
                String method = engine.pool()
                        .at("/workers")
                        .findValuesAsText("startMethod")
                        .getFirst();
                outcome.expect(method.equals(expected), "expected workers by %s, saw %s", expected, method);
                outcome.figure("both workers ready again after: %s", Times.told(whole));
                outcome.figure("pause of streams that moved: %s", Times.told(rounds.pausesOfMoved()));
            } finally {
                if (!server && stopped != 0) {
                    // it has to pass the engine's end on
                    Kill.goOn(stopped);
                }
            }
        }
        return outcome;
    }
}
