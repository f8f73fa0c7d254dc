package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;

/** SIGTERM under 16 streams: all complete, and the exit code is 0. */
final class Sigterm implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 400;

    @Override
    public String name() {
        return "sigterm";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int times = stage.times(5, 1);
        Outcome outcome = new Outcome(times);
        List<StreamRequest> stories = StreamRequest.several(STREAMS, TOKENS, 0);
        List<Double> took = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            try (Engine engine = stage.start(2, Map.of())) {
                List<StreamedAnswer> undisturbed = Engine.ends(engine.begin("undisturbed", stories));
                // all at once: on a busy machine the first is over before the last has begun
                Set<Integer> running = ConcurrentHashMap.newKeySet();
                List<Future<StreamedAnswer>> begun = engine.begin("term-" + i, stories, running::add);
                engine.await("the streams run", () -> running.size() == STREAMS);
                long told = System.nanoTime();
                engine.service().process().destroy();
                List<StreamedAnswer> all = Engine.ends(begun);
                int code = engine.exitCode();
                took.add(Times.millisSince(told));
                outcome.compare(all, undisturbed);
                outcome.expect(code == 0, "expected exit code 0, saw %d", code);
                List<String> left = Processes.left(stage.home(), stage.bound(Processes.GONE_MILLIS));
                outcome.expect(left.isEmpty(), "expected no process, saw %s", left);
            }
        }
        return outcome.figure("engine ended after: %s", Times.told(took));
    }
}
