package io.quern.launch;

import io.quern.fork.EntryPointLink;
import io.quern.fork.LauncherProgram;
import io.quern.jvm.NativeExecutable;
import io.quern.jvm.WorkerEnvironment;
import io.quern.jvm.WorkerJava;
import io.quern.policy.ProcessFacts;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Examines this process and the launcher, if that is its parent, through {@code /proc}. */
public final class ProcessProbe {
    private static final Path PROC = Path.of("/proc");

    /** Device nodes and driver libraries; the same as in src/main/c/check.c. */
    private static final Pattern DEVICE = Pattern.compile("/dev/(nvidia|dri/|kfd|accel/|hl|dxg).*", Pattern.DOTALL);

    private static final Pattern DRIVER = Pattern.compile("(libcuda\\.so|libcudart\\.so|libnvidia-ml\\.so|libggml-cuda"
            + "|libamdhip64|libhsa-runtime64|libggml-hip|libze_loader|libze_intel|libggml-sycl|libggml-vulkan"
            + "|libSynapse|libhl-thunk).*");

    /** Text without special characters of a shell. */
    private static final Pattern PLAIN = Pattern.compile("[\\w./+:@%=-]+");

    private ProcessProbe() {}

    /**
     * @param java the Java that workers run on, or empty
     * @param launcher the launcher, if this build has one
     */
    public static ProcessFacts look(Optional<WorkerJava> java, Optional<Path> launcher) {
        Optional<EntryPointLink> entryPoint = EntryPointLink.find();
        return new ProcessFacts(
                LauncherProgram.isThere(),
                LauncherProgram.problem(launcher),
                entryPoint.isPresent(),
                entryPoint
                        .map(one -> threads(PROC.resolve(Long.toString(one.pid()))))
                        .orElse(1),
                entryPoint
                        .map(one -> device(PROC.resolve(Long.toString(one.pid()))))
                        .orElse(""),
                device(PROC.resolve("self")),
                NativeExecutable.isThisProcess(),
                java.map(WorkerJava::text).orElse(""),
                forkCommand(
                        launcher,
                        ProcessHandle.current().info().command(),
                        NativeExecutable.isThisProcess() ? "" : System.getProperty("java.class.path", "")),
                insideWorker(System.getenv()));
    }

    /**
     * Returns a command line for a shell.
     *
     * @param program the program of this process
     * @param classPath its class path: one jar if the JVM was started by {@code -jar}; empty for a native executable
     */
    static String forkCommand(Optional<Path> launcher, Optional<String> program, String classPath) {
        String engine;
        if (classPath.isEmpty()) {
            engine = program.map(ProcessProbe::word).orElse("quern");
        } else if (classPath.endsWith(".jar") && classPath.indexOf(File.pathSeparatorChar) < 0 && program.isPresent()) {
            engine = word(program.get()) + " -jar "
                    + word(Path.of(classPath).toAbsolutePath().normalize().toString());
        } else {
            engine = "java -jar quarkus-run.jar";
        }
        return "QUERN_WORKER_START_METHOD=fork "
                + launcher.map(path -> word(path.toString())).orElse("quern-launcher") + " -- " + engine;
    }

    /** Quotes a word for a shell if necessary. */
    private static String word(String text) {
        return PLAIN.matcher(text).matches() ? text : "'" + text.replace("'", "'\\''") + "'";
    }

    static String insideWorker(Map<String, String> environment) {
        return environment.getOrDefault(WorkerEnvironment.INSIDE, "");
    }

    /** Returns 1 if unknown: the launcher checks itself before each fork and refuses if necessary. */
    static int threads(Path process) {
        try (Stream<Path> tasks = Files.list(process.resolve("task"))) {
            return (int) tasks.count();
        } catch (IOException e) {
            return 1;
        }
    }

    /** Returns the first open device or mapped driver of a process, or empty if there is none or it is unknown. */
    static String device(Path process) {
        String open = openDevice(process.resolve("fd"));
        return open.isEmpty() ? mappedDriver(process.resolve("maps")) : open;
    }

    private static String openDevice(Path descriptors) {
        try (Stream<Path> all = Files.list(descriptors)) {
            return all.map(ProcessProbe::target)
                    .filter(target -> DEVICE.matcher(target).matches())
                    .findFirst()
                    .orElse("");
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }

    private static String target(Path descriptor) {
        try {
            return Files.readSymbolicLink(descriptor).toString();
        } catch (IOException e) {
            // closed in the meantime
            return "";
        }
    }

    private static String mappedDriver(Path maps) {
        try (Stream<String> lines = Files.lines(maps)) {
            return lines.filter(line -> line.indexOf('/') >= 0)
                    .map(line -> line.substring(line.indexOf('/')))
                    .filter(path -> DEVICE.matcher(path).matches()
                            || DRIVER.matcher(path.substring(path.lastIndexOf('/') + 1))
                                    .matches())
                    .findFirst()
                    .orElse("");
        } catch (IOException | UncheckedIOException e) {
            return "";
        }
    }
}
