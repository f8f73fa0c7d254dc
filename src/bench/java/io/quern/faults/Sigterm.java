package io.quern.faults;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;

/** Sends SIGTERM under 16 streams: all streams complete, and the exit code is 0. */
final class Sigterm implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 400;

    @Override
    public String name() {
        return "sigterm";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = testBed.times(5, 1);
        Outcome outcome = new Outcome(times);
        List<StreamRequest> requests = StreamRequest.several(STREAMS, TOKENS, 0);
        List<Double> took = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            try (Engine engine = testBed.start(2, Map.of())) {
                List<StreamedAnswer> undisturbed = Engine.awaitAnswers(engine.submit("undisturbed", requests));
                // All must run at the same time: on a busy machine the first may be over before the last begins.
                Set<Integer> running = ConcurrentHashMap.newKeySet();
                List<Future<StreamedAnswer>> pending = engine.submit("term-" + i, requests, running::add);
                engine.await("the streams run", () -> running.size() == STREAMS);
                long sent = System.nanoTime();
                engine.service().process().destroy();
                List<StreamedAnswer> all = Engine.awaitAnswers(pending);
                int code = engine.exitCode();
                took.add(Times.millisSince(sent));
                outcome.compare(all, undisturbed);
                outcome.expect(code == 0, "expected exit code 0, saw %d", code);
                List<String> left = Processes.left(testBed.home(), testBed.bound(Processes.GONE_MILLIS));
                outcome.expect(left.isEmpty(), "expected no process of the engine, saw %s", left);
            }
        }
        return outcome.figure("engine ended after: %s", Times.summary(took));
    }
}
