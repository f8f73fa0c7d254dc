package io.quern.faults;

import io.quern.faults.Engine.WorkerView;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A broken file replaces the model and the workers are killed. The engine restarts them as often as allowed, then ends
 * and says why.
 */
final class BrokenModel implements Fault {
    private static final int RESTARTS = 3;
    private static final Pattern GIVEN_UP =
            Pattern.compile("workerId=\\d+ (?:pid=\\d+ )?given up after " + RESTARTS + " restarts");
    private static final Pattern STOPS = Pattern.compile("The engine stops, because it has given up all workers");

    @Override
    public String name() {
        return "broken-model";
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        Outcome outcome = new Outcome(1);
        Path model = testBed.home().resolveSibling("swapped.gguf");
        Files.copy(demo(testBed), model, StandardCopyOption.REPLACE_EXISTING);
        Map<String, String> settings = Map.of(
                "QUERN_POOL_RESTART_PERIOD", "5m", "QUERN_POOL_RESTART_MAX_RESTARTS", Integer.toString(RESTARTS));
        try (Engine engine = testBed.launch(2, model, 4, 512, settings)) {
            engine.awaitAllReady();
            long parent = testBed.method().equals("spawn") ? 0 : launcher(engine);
            // A new file of that name: workers have the old one mapped, so it must not be overwritten.
            Path broken = Files.write(testBed.home().resolveSibling("broken.gguf"), new byte[4096]);
            Files.move(broken, model, StandardCopyOption.REPLACE_EXISTING);
            long begin = System.nanoTime();
            if (parent == 0) {
                engine.workers().forEach(WorkerView::kill);
            } else {
                // Its workers end with it, and the next launcher cannot load the model.
                ProcessHandle.of(parent).ifPresent(ProcessHandle::destroyForcibly);
            }
            int code = engine.exitCode();
            outcome.expect(code == 1, "expected exit code 1, saw %d", code);
            outcome.expect(
                    engine.logged(GIVEN_UP).size() == 2,
                    "expected both workers to be given up after %d restarts, saw %d that were",
                    RESTARTS,
                    engine.logged(GIVEN_UP).size());
            outcome.expect(!engine.logged(STOPS).isEmpty(), "expected the line '%s'", STOPS);
            outcome.figure("exit code %d after %.0f ms", code, Times.millisSince(begin));
            List<String> left = Processes.left(testBed.home(), testBed.bound(Processes.GONE_MILLIS));
            outcome.expect(left.isEmpty(), "expected no process of the engine, saw %s", left);
        }
        return outcome;
    }

    /** Returns the process id of the launcher that forked the workers. */
    static long launcher(Engine engine) {
        return ProcessHandle.of(engine.workers().getFirst().pid())
                .flatMap(ProcessHandle::parent)
                .orElseThrow()
                .pid();
    }

    /** Returns the demo model, as an engine has unpacked it. */
    private static Path demo(TestBed testBed) throws IOException {
        try (Engine engine = testBed.start(1, Map.of());
                Stream<Path> files = Files.walk(testBed.home())) {
            return files.filter(file -> file.endsWith("demo.gguf")).findFirst().orElseThrow();
        }
    }
}
