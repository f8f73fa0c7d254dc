package io.quern.launch;

import io.quarkus.runtime.ImageMode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** Looks at this process and at the launcher that is its parent, by what the kernel tells of them. */
public final class ProcessProbe {
    private static final Path PROC = Path.of("/proc");

    /** Device nodes and driver libraries as src/main/c/check.c has them. */
    private static final Pattern DEVICE = Pattern.compile("/dev/(nvidia|dri/|kfd|accel/|hl|dxg).*", Pattern.DOTALL);

    private static final Pattern DRIVER = Pattern.compile("(libcuda\\.so|libcudart\\.so|libnvidia-ml\\.so|libggml-cuda"
            + "|libamdhip64|libhsa-runtime64|libggml-hip|libze_loader|libze_intel|libggml-sycl|libggml-vulkan|libSynapse"
            + "|libhl-thunk).*");

    private ProcessProbe() {}

    /** @param java what workers run on, if anything */
    public static ProcessFacts look(Optional<WorkerJava> java) {
        Optional<Owner> owner = Owner.find();
        return new ProcessFacts(
                LauncherProgram.isThere(),
                owner.isPresent(),
                owner.map(one -> threads(PROC.resolve(Long.toString(one.pid()))))
                        .orElse(1),
                owner.map(one -> device(PROC.resolve(Long.toString(one.pid())))).orElse(""),
                device(PROC.resolve("self")),
                nativeExecutable(),
                java.map(WorkerJava::text).orElse(""),
                insideWorker(System.getenv()));
    }

    /** Whether this process has no JVM, and no class files. */
    public static boolean nativeExecutable() {
        return ImageMode.current() == ImageMode.NATIVE_RUN;
    }

    static String insideWorker(Map<String, String> environment) {
        return environment.getOrDefault(WorkerEnvironment.INSIDE, "");
    }

    /** 1 where it cannot be told: the launcher looks at itself again before each fork, and refuses. */
    static int threads(Path process) {
        try (Stream<Path> tasks = Files.list(process.resolve("task"))) {
            return (int) tasks.count();
        } catch (IOException e) {
            return 1;
        }
    }

    /** The first device that the process has open or driver that it has mapped; empty if none, or it cannot be told. */
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
            // closed meanwhile
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
