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
 * A signal that reaches every process, under 16 streams: Ctrl-C in a terminal, or SIGTERM to a whole control group as systemd sends it. All
 * streams complete where they are, the log has no alarm, and the exit code is 0.
 */
final class SignalToAll implements Fault {
    private static final int STREAMS = 16;
    private static final int TOKENS = 400;
    private static final Pattern ALARM =
            Pattern.compile("^.* (?:WARN|ERROR) .*$|^.*the request resumes.*$", Pattern.MULTILINE);

    /** What a terminal's driver takes for the interrupt key. */
    private static final int CTRL_C = 3;

    private final boolean terminal;

    /** @param terminal whether it is Ctrl-C on a terminal of its own, by script(1) */
    SignalToAll(boolean terminal) {
        this.terminal = terminal;
    }

    @Override
    public String name() {
        return terminal ? "ctrl-c" : "sigterm-to-all";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int times = stage.times(5, 1);
        Outcome outcome = new Outcome(times);
        List<StreamRequest> stories = StreamRequest.several(STREAMS, TOKENS, 0);
        List<Double> took = new ArrayList<>();
        for (int i = 0; i < times; i++) {
            try (Engine engine = terminal ? stage.startOnTerminal(2) : stage.start(2, Map.of())) {
                List<StreamedAnswer> undisturbed = Engine.ends(engine.begin("undisturbed", stories));
                // all at once: on a busy machine the first is over before the last has begun
                Set<Integer> running = ConcurrentHashMap.newKeySet();
                List<Future<StreamedAnswer>> begun = engine.begin("signal-" + i, stories, running::add);
                engine.await("the streams run", () -> running.size() == STREAMS);
                long sent = System.nanoTime();
                if (terminal) {
                    engine.type(CTRL_C);
                } else {
                    terminate(stage);
                }
                List<StreamedAnswer> all = Engine.ends(begun);
                int code = engine.exitCode();
                took.add(Times.millisSince(sent));
                outcome.compare(all, undisturbed);
                outcome.expect(code == 0, "expected exit code 0, saw %d", code);
                List<String> left = Processes.of(stage.home());
                outcome.expect(left.isEmpty(), "expected no process, saw %s", left);
                List<String> alarms =
                        engine.logged(ALARM).stream().map(MatchResult::group).toList();
                outcome.expect(alarms.isEmpty(), "expected a quiet end, saw %s", alarms);
            }
        }
        return outcome.figure("engine ended after: %s", Times.told(took));
    }

    private static void terminate(Stage stage) throws IOException {
        for (String line : Processes.of(stage.home())) {
            ProcessHandle.of(Long.parseLong(line.substring(0, line.indexOf(' '))))
                    .ifPresent(ProcessHandle::destroy);
        }
    }
}
