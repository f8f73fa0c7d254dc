package io.quern.jvm;

import io.quern.home.QuernHome;
import io.quern.sandbox.NeededFiles;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Builds the command line of a JVM that runs the worker's main, for workers and for recording their AOT cache. */
public record WorkerCommand(WorkerJava java, WorkerClassPath classPath, List<String> jvmOptions) {
    public static final String MAIN = "io.quern.worker.WorkerMain";

    /** Options for a small JVM that starts quickly: one thread does the work, and most memory is native. */
    private static final List<String> BASE_OPTIONS = List.of(
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "-XX:-UsePerfData",
            "-Xss1m",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow");

    public static WorkerCommand of(WorkerJava java, WorkerClassPath classPath, List<String> furtherOptions) {
        List<String> options = new ArrayList<>(BASE_OPTIONS);
        options.addAll(furtherOptions);
        return new WorkerCommand(java, classPath, List.copyOf(options));
    }

    /** Returns the files that it reads, including the model. */
    public NeededFiles needed(Path libraries, Path model, QuernHome home) {
        return new NeededFiles(java.home(), classPath.elements(), libraries, model, home);
    }

    /** @param moreOptions further JVM options; configured ones win over them */
    public List<String> line(List<String> moreOptions, List<String> arguments) {
        List<String> line = new ArrayList<>();
        line.add(java.program().toString());
        line.addAll(moreOptions);
        line.addAll(jvmOptions);
        line.add("-cp");
        line.add(classPath.toString());
        line.add(MAIN);
        line.addAll(arguments);
        return line;
    }
}
