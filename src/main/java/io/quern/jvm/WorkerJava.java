package io.quern.jvm;

import io.quern.home.Mounts;
import io.quern.home.Platform;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.function.Supplier;
import java.util.stream.Stream;

/**
 * The Java installation on which workers and the device probe run. By default an engine on a JVM uses its own. A native
 * executable searches in this order: configuration, the run-time image next to the executable, JAVA_HOME, PATH.
 *
 * @param home the installation's folder, symbolic links resolved
 * @param version the version in its file {@code release}, such as 25.0.3
 * @param source the place where it was found, in words
 * @param passedOver places that were checked before, each with the reason against it
 */
public record WorkerJava(Path home, String version, String source, List<String> passedOver) {
    /** The version for which workers' classes are compiled. */
    static final int OLDEST = 25;

    static final String KEY = "quern.worker.java";

    /** Folder name of the bundled image, next to the executable. */
    private static final String BUNDLED = "java";

    /**
     * The places to search.
     *
     * @param own the installation of this process, or empty in a native executable
     * @param executable the program of this process, or empty if unknown
     */
    record Places(
            Optional<Path> configured, Optional<Path> own, Optional<Path> executable, Map<String, String> environment) {
        static Places ofThisProcess(Optional<Path> configured) {
            boolean jvm = !NativeExecutable.isThisProcess();
            return new Places(
                    configured,
                    jvm ? Optional.of(Path.of(System.getProperty("java.home"))) : Optional.empty(),
                    jvm
                            ? Optional.empty()
                            : ProcessHandle.current().info().command().map(Path::of),
                    System.getenv());
        }
    }

    /**
     * @param configured {@code quern.worker.java}
     * @throws IllegalStateException if there is none; the message lists the places that were checked
     */
    public static WorkerJava find(Optional<Path> configured) {
        return find(Places.ofThisProcess(configured));
    }

    static WorkerJava find(Places places) {
        Map<String, Supplier<Optional<Path>>> order = new LinkedHashMap<>();
        order.put(KEY, places::configured);
        order.put("the engine's own", places::own);
        order.put("bundled next to the executable", () -> places.executable()
                .map(program -> program.resolveSibling(BUNDLED)));
        order.put("JAVA_HOME", () -> Optional.ofNullable(places.environment().get("JAVA_HOME"))
                .filter(value -> !value.isBlank())
                .map(Path::of));
        order.put("PATH", () -> onPath(places.environment().getOrDefault("PATH", "")));
        List<String> passedOver = new ArrayList<>();
        for (Map.Entry<String, Supplier<Optional<Path>>> place : order.entrySet()) {
            String source = place.getKey();
            Optional<Path> home = place.getValue().get();
            if (home.isEmpty()) {
                if (!source.equals(KEY) && !source.equals("the engine's own")) {
                    passedOver.add(source + ": none");
                }
                continue;
            }
            try {
                String version = version(home.get());
                return new WorkerJava(home.get().toRealPath(), version, source, List.copyOf(passedOver));
            } catch (IOException e) {
                if (source.equals(KEY)) {
                    // a configured installation must not be replaced by another
                    throw new IllegalStateException(KEY + " is " + home.get() + ", which " + e.getMessage());
                }
                passedOver.add(source + ": " + home.get() + " " + e.getMessage());
            }
        }
        throw new IllegalStateException("workers need a Java " + OLDEST + " installation, but none was found ("
                + String.join("; ", passedOver) + "). Install one, set " + KEY
                + " (QUERN_WORKER_JAVA) to its folder, or copy the run-time image of the build (target/java) next to"
                + " the executable");
    }

    Path program() {
        return program(home);
    }

    /** Returns the library that creates a JVM inside a process. */
    public Path libjvm() {
        return home.resolve("lib").resolve("server").resolve("libjvm.so");
    }

    /** Returns a text that identifies this installation among others of the same version; AOT caches depend on it. */
    String identity() throws IOException {
        return home + " " + Files.readString(release(home));
    }

    /** Returns a description for views. */
    public String text() {
        return program() + " (" + version + ", " + source + ")"
                + (passedOver.isEmpty() ? "" : "; not " + String.join("; not ", passedOver));
    }

    private static Path program(Path home) {
        boolean windows = System.getProperty("os.name").startsWith("Windows");
        return home.resolve("bin").resolve(windows ? "java.exe" : "java");
    }

    private static Path release(Path home) {
        return home.resolve("release");
    }

    /** Reads the version from the file {@code release}, since starting Java to ask would take a tenth of a second. */
    private static String version(Path home) throws IOException {
        if (!Files.isDirectory(home)) {
            throw new IOException(Files.exists(home) ? "is not the folder of a Java installation" : "does not exist");
        }
        Optional<Path> mount = Mounts.noexec(program(home));
        if (mount.isPresent()) {
            throw new IOException("is on a file system mounted noexec (" + mount.get() + ")");
        }
        if (!Files.isExecutable(program(home))) {
            throw new IOException("has no program " + home.relativize(program(home)) + " that can be executed");
        }
        if (!Files.isRegularFile(release(home))) {
            throw new IOException("has no file \"release\" with its version");
        }
        Properties facts = new Properties();
        try (var in = Files.newBufferedReader(release(home))) {
            facts.load(in);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("has no file \"release\" with its version", e);
        }
        String version = unquoted(facts.getProperty("JAVA_VERSION", ""));
        if (!version.matches("\\d{1,4}([.+_-].*)?") || Integer.parseInt(version.split("[.+_-]", 2)[0]) < OLDEST) {
            throw new IOException("is Java " + version + ", but workers need " + OLDEST);
        }
        String machine = unquoted(facts.getProperty("OS_ARCH", ""));
        if (!machine.isEmpty() && !Platform.machine(machine).equals(Platform.machine(System.getProperty("os.arch")))) {
            throw new IOException("is for " + machine + ", but this machine is " + System.getProperty("os.arch"));
        }
        return version;
    }

    private static String unquoted(String value) {
        return value.replace("\"", "").strip();
    }

    /** Returns the installation of the first java on the PATH, which is usually a chain of links. */
    private static Optional<Path> onPath(String path) {
        return Stream.of(path.split(java.io.File.pathSeparator))
                // an empty or relative entry would mean the working directory
                .filter(folder -> folder.startsWith("/") || Path.of(folder).isAbsolute())
                .map(folder -> program(Path.of(folder)).getFileName() == null ? null : Path.of(folder))
                .map(folder -> folder.resolve(program(folder).getFileName()))
                .filter(Files::isExecutable)
                .findFirst()
                .map(WorkerJava::installation);
    }

    private static Path installation(Path program) {
        try {
            Path bin = program.toRealPath().getParent();
            Path home = bin == null ? null : bin.getParent();
            return home == null ? program : home;
        } catch (IOException e) {
            return program;
        }
    }
}
