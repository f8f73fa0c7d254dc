package io.quern.jvm;

import io.quern.home.QuernHome;
import io.quern.process.ChildCommand;
import io.quern.sandbox.NeededFiles;
import io.quern.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;

/** Builds the command of a process that works on the weights of model files. */
public record WeightsCommand(WorkerRuntime runtime, Sandbox sandbox, QuernHome home, Path libraries) {
    private static final Logger LOG = Logger.getLogger(WeightsCommand.class);
    private static final String MAIN = "io.quern.weights.WeightsMain";

    /** llama.cpp may abort in it, which should leave one line and no files. */
    private static final List<String> OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-XX:-UsePerfData",
            "-Xss8m",
            "-XX:-CreateCoredumpOnCrash",
            "-XX:ErrorFile=/dev/null",
            "--enable-native-access=ALL-UNNAMED");

    /**
     * The files that the process may use.
     *
     * @param model the first file that it reads, if any
     * @param other a second one
     * @param written the only file that it may write; it must exist
     */
    public record Uses(Optional<Path> model, Optional<Path> other, Optional<Path> written) {
        public static final Uses NOTHING = new Uses(Optional.empty(), Optional.empty(), Optional.empty());
    }

    /**
     * @param heapMib largest heap
     * @param arguments what it does
     */
    public ChildCommand of(Uses files, long heapMib, int threads, List<String> arguments) {
        WorkerClassPath classPath = runtime.workerClasses();
        List<String> line = new ArrayList<>();
        line.add(runtime.java().program().toString());
        line.addAll(OPTIONS);
        line.add("-Xmx" + heapMib + "m");
        line.add("-cp");
        line.add(classPath.toString());
        line.add(MAIN);
        line.add("--parent=" + ProcessHandle.current().pid());
        line.add("--llama=" + libraries);
        line.add("--threads=" + threads);
        line.addAll(arguments);
        NeededFiles needed = new NeededFiles(
                runtime.java().home(),
                classPath.elements(),
                libraries,
                files.model().orElse(libraries),
                home);
        return new ChildCommand(
                "weights",
                sandbox.over(line, sandbox.weights(needed, files.other(), files.written())),
                // otherwise llama.cpp starts a debugger when it aborts
                Map.of("GGML_NO_BACKTRACE", "1"),
                sandbox.variables().unwanted(),
                null,
                output -> LOG.debugf("Weights: %s", output));
    }
}
