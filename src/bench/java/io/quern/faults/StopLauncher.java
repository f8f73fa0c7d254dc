package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/**
 * Stops the launcher with SIGSTOP and then kills a worker, under streams: nothing reports the end of that worker. The
 * engine kills and replaces a fork server. It cannot replace an entry point, so it spawns the worker. With spawn there
 * is no launcher.
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
    public Outcome run(TestBed testBed) throws Exception {
        boolean server = testBed.method().equals("forkserver");
        int times = server ? testBed.times(5, 1) : 1;
        Outcome outcome = new Outcome(times);
        List<Double> restored = new ArrayList<>();
        long stopped = 0;
        try (Engine engine = testBed.start(2, Map.of("QUERN_WORKER_LAUNCHER_TIMEOUT", "2s"))) {
            try {
                Rounds rounds = new Rounds(engine, StreamRequest.several(STREAMS, TOKENS, 0), outcome);
                for (int i = 0; i < times; i++) {
                    stopped = BrokenModel.launcher(engine);
                    long launcher = stopped;
                    rounds.run("launcher-" + i, victim -> {
                        Signals.stop(launcher);
                        long killed = System.nanoTime();
                        victim.kill();
                        engine.await("both workers are ready again", () -> engine.allReady(victim.pid()));
                        restored.add(Times.millisSince(killed));
                    });
                }
                String expected = server ? "forkserver" : "spawn";
                String method = engine.pool()
                        .at("/workers")
                        .findValuesAsText("startMethod")
                        .getFirst();
                outcome.expect(method.equals(expected), "expected workers started by %s, saw %s", expected, method);
                outcome.figure("both workers ready again after: %s", Times.summary(restored));
                outcome.figure("pause of streams that moved: %s", Times.summary(rounds.pausesOfMoved()));
            } finally {
                if (!server && stopped != 0) {
                    // The entry point must run again, because it reports the end of the engine.
                    Signals.resume(stopped);
                }
            }
        }
        return outcome;
    }
}
