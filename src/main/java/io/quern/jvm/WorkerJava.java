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
 * The Java installation that workers and the device probe run on. An engine that runs on a JVM takes its own; a native
 * executable looks in a fixed order: configuration, the run-time image beside the executable, JAVA_HOME, PATH.
 *
 * @param home the installation's folder, symbolic links resolved
 * @param version what its file {@code release} says, such as 25.0.3
 * @param source where it was found, in words
 * @param passedOver what was looked at before, each with the reason it was not taken
 */
public record WorkerJava(Path home, String version, String source, List<String> passedOver) {
    /** As the build has it: workers' classes are compiled for it. */
    static final int OLDEST = 25;

    static final String KEY = "quern.worker.java";

    /** Of the bundled image, beside the executable. */
    private static final String BUNDLED = "java";

    /**
     * What there is to find one by.
     *
     * @param own of the JVM that this process runs on; empty in a native executable
     * @param executable this process' program; empty where it is not known
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
     * @throws IllegalStateException if there is none; the message says what was looked at
     */
    public static WorkerJava find(Optional<Path> configured) {
        return find(Places.ofThisProcess(configured));
    }

    static WorkerJava find(Places places) {
        Map<String, Supplier<Optional<Path>>> order = new LinkedHashMap<>();
        order.put(KEY, places::configured);
        order.put("the engine's own", places::own);
        order.put("bundled beside the executable", () -> places.executable()
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
                    // who names one wants that one, and no other in its place
                    throw new IllegalStateException(KEY + " is " + home.get() + ", which " + e.getMessage());
                }
                passedOver.add(source + ": " + home.get() + " " + e.getMessage());
            }
        }
        throw new IllegalStateException("workers need a Java " + OLDEST + " to run on, and there is none ("
                + String.join("; ", passedOver) + "); install one, name its folder in " + KEY
                + " (QUERN_WORKER_JAVA), or lay the run-time image that the build makes (target/java) beside the"
                + " executable");
    }

    Path program() {
        return program(home);
    }

    /** What makes a JVM within a process. */
    public Path libjvm() {
        return home.resolve("lib").resolve("server").resolve("libjvm.so");
    }

    /** The installation, told from others of the same version: what an AOT cache depends on. */
    String identity() throws IOException {
        return home + " " + Files.readString(release(home));
    }

    /** For views. */
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

    /** By what the installation says of itself: starting it only to ask would cost a tenth of a second. */
    private static String version(Path home) throws IOException {
        if (!Files.isDirectory(home)) {
            throw new IOException(Files.exists(home) ? "is not the folder of a Java installation" : "is not there");
        }
        Optional<Path> mount = Mounts.noexec(program(home));
        if (mount.isPresent()) {
            throw new IOException("is on a file system mounted noexec (" + mount.get() + ")");
        }
        if (!Files.isExecutable(program(home))) {
            throw new IOException("has no program " + home.relativize(program(home)) + " that could be run");
        }
        if (!Files.isRegularFile(release(home))) {
            throw new IOException("has no file \"release\" that says its version");
        }
        Properties facts = new Properties();
        try (var in = Files.newBufferedReader(release(home))) {
            facts.load(in);
        } catch (IOException | IllegalArgumentException e) {
            throw new IOException("has no file \"release\" that says its version", e);
        }
        String version = unquoted(facts.getProperty("JAVA_VERSION", ""));
        if (!version.matches("\\d{1,4}([.+_-].*)?") || Integer.parseInt(version.split("[.+_-]", 2)[0]) < OLDEST) {
            throw new IOException("is Java " + version + ", and workers need " + OLDEST);
        }
        String machine = unquoted(facts.getProperty("OS_ARCH", ""));
        if (!machine.isEmpty() && !Platform.machine(machine).equals(Platform.machine(System.getProperty("os.arch")))) {
            throw new IOException("is for " + machine + ", and this is " + System.getProperty("os.arch"));
        }
        return version;
    }

    private static String unquoted(String value) {
        return value.replace("\"", "").strip();
    }

    /** The installation that the first java on the PATH belongs to, which is most often a link to a link. */
    private static Optional<Path> onPath(String path) {
        return Stream.of(path.split(java.io.File.pathSeparator))
                // an empty or a relative entry would mean the folder that this process happens to be in
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
