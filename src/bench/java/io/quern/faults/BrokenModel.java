package io.quern.faults;

import io.quern.faults.Engine.WorkerNow;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A broken model is swapped in and the workers are lost: they are started again as often as allowed, then the engine ends, and says why. */
final class BrokenModel implements Fault {
    private static final int RESTARTS = 3;
    private static final Pattern GIVEN_UP =
            Pattern.compile("workerId=\\d+ (?:pid=\\d+ )?given up after " + RESTARTS + " restarts");
    private static final Pattern ENDS = Pattern.compile("The engine stops, because it has given up all workers");

    @Override
    public String name() {
        return "broken-model";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        Outcome outcome = new Outcome(1);
        Path model = stage.home().resolveSibling("swapped.gguf");
        Files.copy(demo(stage), model, StandardCopyOption.REPLACE_EXISTING);
        Map<String, String> settings = Map.of(
                "QUERN_POOL_RESTART_PERIOD", "5m", "QUERN_POOL_RESTART_MAX_RESTARTS", Integer.toString(RESTARTS));
        try (Engine engine = stage.launch(2, model, 4, 512, settings)) {
            engine.awaitFull();
            long parent = stage.method().equals("spawn") ? 0 : launcher(engine);
            // another file of that name: one that is mapped must not change
            Path broken = Files.write(stage.home().resolveSibling("broken.gguf"), new byte[4096]);
            Files.move(broken, model, StandardCopyOption.REPLACE_EXISTING);
            long begin = System.nanoTime();
            if (parent == 0) {
                engine.workers().forEach(WorkerNow::kill);
            } else {
                // its workers go with it, and the next one has no model to hand on
                ProcessHandle.of(parent).ifPresent(ProcessHandle::destroyForcibly);
            }
            int code = engine.exitCode();
            outcome.expect(code == 1, "expected exit code 1, saw %d", code);
            outcome.expect(
                    engine.logged(GIVEN_UP).size() == 2,
                    "expected both workers to be given up after %d restarts, saw %d that were",
                    RESTARTS,
                    engine.logged(GIVEN_UP).size());
            outcome.expect(!engine.logged(ENDS).isEmpty(), "expected the line '%s'", ENDS);
            outcome.figure("exit code %d after %.0f ms", code, Times.millisSince(begin));
            List<String> left = Processes.left(stage.home(), stage.bound(Processes.GONE_MILLIS));
            outcome.expect(left.isEmpty(), "expected no process, saw %s", left);
        }
        return outcome;
    }

    /** The launcher that has forked the workers. */
    static long launcher(Engine engine) {
        return ProcessHandle.of(engine.workers().getFirst().pid())
                .flatMap(ProcessHandle::parent)
                .orElseThrow()
                .pid();
    }

    /** As an engine has unpacked it. */
    private static Path demo(Stage stage) throws IOException {
        try (Engine engine = stage.start(1, Map.of());
                Stream<Path> files = Files.walk(stage.home())) {
            return files.filter(file -> file.endsWith("demo.gguf")).findFirst().orElseThrow();
        }
    }
}
