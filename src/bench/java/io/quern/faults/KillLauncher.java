package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/**
 * kill -9 of the launcher, under streams. As a fork server it takes its workers along, a new one is started and the streams go on; as the
 * entry point it takes all along. Under spawn there is none.
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
    public Outcome run(Stage stage) throws Exception {
        return stage.method().equals("fork") ? entryPoint(stage) : forkServer(stage);
    }

    private static Outcome forkServer(Stage stage) throws Exception {
        int times = stage.times(10, 1);
        Outcome outcome = new Outcome(times);
        List<Double> whole = new ArrayList<>();
        try (Engine engine = stage.start(2, Map.of())) {
            Rounds rounds = new Rounds(engine, StreamRequest.several(STREAMS, TOKENS, 0), outcome);
            for (int i = 0; i < times; i++) {
                rounds.run("launcher-" + i, victim -> {
                    long launcher = BrokenModel.launcher(engine);
                    long killed = System.nanoTime();
                    ProcessHandle.of(launcher).ifPresent(ProcessHandle::destroyForcibly);
                    engine.await("both workers are ready again", () -> engine.full(victim.pid()));
                    whole.add(Times.millisSince(killed));
                });
            }
            String method = engine.pool().at("/workers/0/startMethod").asText();
            outcome.expect(method.equals(stage.method()), "expected workers by %s, saw %s", stage.method(), method);
            outcome.figure("both workers ready again: %s", Times.told(whole));
            outcome.figure("pause of moved streams: %s", Times.told(rounds.pausesOfMoved()));
        }
        return outcome;
    }

    private static Outcome entryPoint(Stage stage) throws Exception {
        Outcome outcome = new Outcome(1);
        try (Engine engine = stage.start(2, Map.of())) {
            List<Future<StreamedAnswer>> begun = engine.begin("cut", StreamRequest.several(STREAMS, TOKENS, 0));
            long killed = System.nanoTime();
            engine.service().process().destroyForcibly();
            engine.exitCode();
            List<String> left = Processes.left(stage.home(), 10_000);
            outcome.expect(left.isEmpty(), "expected no process after 10 s, saw %s", left);
            outcome.figure("all gone after %.0f ms", Times.millisSince(killed));
            Engine.ends(begun);
        }
        return outcome;
    }
}
