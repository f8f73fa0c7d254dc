package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/**
 * Kills the launcher with SIGKILL under streams. A fork server takes its workers with it: the engine starts a new one
 * and the streams go on. An entry point takes everything with it. With spawn there is no launcher.
 */
final class KillLauncher implements Fault {
    private static final int STREAMS = 8;
    private static final int TOKENS = 300;

    @Override
    public String name() {
        return "kill-launcher";
    }

    @Override
    public boolean concerns(String method) {
        return !method.equals("spawn");
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        return testBed.method().equals("fork") ? entryPoint(testBed) : forkServer(testBed);
    }

    private static Outcome forkServer(TestBed testBed) throws Exception {
        int times = testBed.times(10, 1);
        Outcome outcome = new Outcome(times);
        List<Double> restored = new ArrayList<>();
        try (Engine engine = testBed.start(2, Map.of())) {
            Rounds rounds = new Rounds(engine, StreamRequest.several(STREAMS, TOKENS, 0), outcome);
            for (int i = 0; i < times; i++) {
                rounds.run("launcher-" + i, victim -> {
                    long launcher = BrokenModel.launcher(engine);
                    long killed = System.nanoTime();
                    ProcessHandle.of(launcher).ifPresent(ProcessHandle::destroyForcibly);
                    engine.await("both workers are ready again", () -> engine.allReady(victim.pid()));
                    restored.add(Times.millisSince(killed));
                });
            }
            String method = engine.pool().at("/workers/0/startMethod").asText();
            outcome.expect(
                    method.equals(testBed.method()),
                    "expected workers started by %s, saw %s",
                    testBed.method(),
                    method);
            outcome.figure("both workers ready again after: %s", Times.summary(restored));
            outcome.figure("pause of streams that moved: %s", Times.summary(rounds.pausesOfMoved()));
        }
        return outcome;
    }

    private static Outcome entryPoint(TestBed testBed) throws Exception {
        Outcome outcome = new Outcome(1);
        try (Engine engine = testBed.start(2, Map.of())) {
            List<Future<StreamedAnswer>> pending = engine.submit("cut", StreamRequest.several(STREAMS, TOKENS, 0));
            long killed = System.nanoTime();
            engine.service().process().destroyForcibly();
            engine.exitCode();
            List<String> left = Processes.left(testBed.home(), 10_000);
            outcome.expect(left.isEmpty(), "expected no process of the engine after 10 s, saw %s", left);
            outcome.figure("all processes gone after %.0f ms", Times.millisSince(killed));
            Engine.awaitAnswers(pending);
        }
        return outcome;
    }
}
