package io.quern.faults;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Future;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;

/**
 * Sends a signal to every process of the engine under 16 streams: Ctrl-C on a terminal, or SIGTERM as systemd sends it
 * to a control group. All streams complete on their workers, the log has no warning, and the exit code is 0.
 */
final class SignalToAll implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 400;
    private static final Pattern ALARM =
            Pattern.compile("^.* (?:WARN|ERROR) .*$|^.*the request resumes.*$", Pattern.MULTILINE);

    /** The character that a terminal turns into SIGINT. */
    private static final int CTRL_C = 3;

    private final boolean terminal;

    /**
     * Creates the fault.
     *
     * @param terminal true for Ctrl-C on a terminal that script(1) provides, false for SIGTERM
     */
    SignalToAll(boolean terminal) {
        this.terminal = terminal;
    }

    @Override
    public String name() {
        return terminal ? "ctrl-c" : "sigterm-to-all";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int times = testBed.times(5, 1);
        Outcome outcome = new Outcome(times);
        List<StreamRequest> requests = StreamRequest.several(STREAMS, TOKENS, 0);
        List<Double> took = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            try (Engine engine = terminal ? testBed.startOnTerminal(2) : testBed.start(2, Map.of())) {
                List<StreamedAnswer> undisturbed = Engine.awaitAnswers(engine.submit("undisturbed", requests));
                // All must run at the same time: on a busy machine the first may be over before the last begins.
                Set<Integer> running = ConcurrentHashMap.newKeySet();
                List<Future<StreamedAnswer>> pending = engine.submit("signal-" + i, requests, running::add);
                engine.await("the streams run", () -> running.size() == STREAMS);
                long sent = System.nanoTime();
                if (terminal) {
                    engine.type(CTRL_C);
                } else {
                    terminate(testBed);
                }
                List<StreamedAnswer> all = Engine.awaitAnswers(pending);
                int code = engine.exitCode();
                took.add(Times.millisSince(sent));
                outcome.compare(all, undisturbed);
                outcome.expect(code == 0, "expected exit code 0, saw %d", code);
                List<String> left = Processes.of(testBed.home());
                outcome.expect(left.isEmpty(), "expected no process of the engine, saw %s", left);
                List<String> alarms =
                        engine.logged(ALARM).stream().map(MatchResult::group).toList();
                outcome.expect(alarms.isEmpty(), "expected no warnings and no resumed requests, saw %s", alarms);
            }
        }
        return outcome.figure("engine ended after: %s", Times.summary(took));
    }

    private static void terminate(TestBed testBed) throws IOException {
        for (String line : Processes.of(testBed.home())) {
            ProcessHandle.of(Long.parseLong(line.substring(0, line.indexOf(' '))))
                    .ifPresent(ProcessHandle::destroy);
        }
    }
}
