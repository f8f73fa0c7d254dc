import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * Compiles the launcher in src/main/c into the application's resources if this is Linux and there is a C
 * compiler (CC, or cc, gcc or clang on the PATH). Without a compiler the build continues with a message, and workers
 * can only be spawned. Maven runs it in the project's folder as a single source file.
 *
 * <p>A manifest in the format of Natives.java is written beside the program.
 */
class Launcher {
    private static final Path SOURCES = Path.of("src/main/c");
    private static final Path SCRIPT = Path.of("src/build/Launcher.java");
    private static final String RESOURCE = "io/quern/fork/native";
    private static final String PROGRAM = "quern-launcher";
    private static final int MINUTES = 2;

    private static final List<String> OPTIONS =
            List.of("-std=c11", "-O2", "-Wall", "-Wextra", "-D_POSIX_C_SOURCE=200809L", "-D_DEFAULT_SOURCE");

    /**
     * The launcher reads what the engine sends, and contains libraries that read model files. All supported compilers
     * know these options.
     */
    private static final List<String> HARDENING = List.of(
            "-fPIE",
            "-pie",
            "-fstack-protector-strong",
            // the compilers of some distributions define it themselves, with a lower level
            "-U_FORTIFY_SOURCE",
            "-D_FORTIFY_SOURCE=2",
            "-Wl,-z,relro,-z,now,-z,noexecstack");

    /** Options that only some processors and compilers support. */
    private static final List<String> MORE_HARDENING =
            List.of("-fstack-clash-protection", "-fcf-protection=full", "-mbranch-protection=standard");

    /** @param args target/classes */
    public static void main(String[] args) throws Exception {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        if (!os.startsWith("linux")) {
            return;
        }
        Path root = Path.of(args[0]).resolve(RESOURCE);
        Path folder = root.resolve(platform());
        String inputs = digest(inputs());
        if (Files.isRegularFile(folder.resolve("manifest"))
                && Files.readAllLines(folder.resolve("manifest")).contains("inputs: " + inputs)) {
            return;
        }
        delete(root);
        String compiler = compiler();
        if (compiler == null) {
            System.out.println("no C compiler was found: this build has no launcher and can only spawn its workers");
            return;
        }
        Files.createDirectories(folder);
        compile(compiler, folder.resolve(PROGRAM));
        byte[] program = Files.readAllBytes(folder.resolve(PROGRAM));
        Files.write(
                folder.resolve("manifest"),
                List.of(
                        "inputs: " + inputs,
                        "file: " + hex(sha256().digest(program)) + " " + program.length + " " + PROGRAM));
    }

    private static void compile(String compiler, Path program) throws IOException, InterruptedException {
        Path include = Path.of(System.getProperty("java.home"), "include");
        List<String> command = new ArrayList<>(List.of(compiler));
        command.addAll(OPTIONS);
        command.addAll(HARDENING);
        for (String option : MORE_HARDENING) {
            if (takes(compiler, option)) {
                command.add(option);
            }
        }
        command.addAll(List.of("-I" + include, "-I" + include.resolve("linux"), "-o", program.toString()));
        for (Path source : inputs()) {
            if (source.toString().endsWith(".c")) {
                command.add(source.toString());
            }
        }
        command.add("-ldl");
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        process.getOutputStream().close();
        String output = new String(process.getInputStream().readAllBytes());
        if (!process.waitFor(MINUTES, TimeUnit.MINUTES) || process.exitValue() != 0) {
            System.out.println(String.join(" ", command) + "\n" + output);
            System.exit(1);
        }
        if (!output.isBlank()) {
            System.out.println(output);
        }
    }

    private static boolean takes(String compiler, String option) throws IOException, InterruptedException {
        // -Werror, because clang only warns about some options that it does not know
        Process process = new ProcessBuilder(
                        compiler, "-Werror", option, "-x", "c", "-c", "-o", "/dev/null", "/dev/null")
                .redirectErrorStream(true)
                .start();
        process.getOutputStream().close();
        process.getInputStream().readAllBytes();
        return process.waitFor(MINUTES, TimeUnit.MINUTES) && process.exitValue() == 0;
    }

    private static String compiler() {
        String named = System.getenv("CC");
        if (named != null && !named.isBlank()) {
            return named;
        }
        for (String name : List.of("cc", "gcc", "clang")) {
            for (String folder : System.getenv("PATH").split(":")) {
                if (Files.isExecutable(Path.of(folder, name))) {
                    return name;
                }
            }
        }
        return null;
    }

    /** Returns the platform's name as in io.quern.home.Platform. */
    private static String platform() {
        String arch = System.getProperty("os.arch");
        String machine =
                switch (arch) {
                    case "amd64", "x86_64" -> "x64";
                    case "aarch64" -> "arm64";
                    default -> arch;
                };
        try (Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return "linux-" + machine + (maps.anyMatch(line -> line.contains("/ld-musl-")) ? "-musl" : "");
        } catch (IOException e) {
            return "linux-" + machine;
        }
    }

    private static List<Path> inputs() throws IOException {
        List<Path> inputs = new ArrayList<>(List.of(SCRIPT));
        try (Stream<Path> files = Files.list(SOURCES)) {
            files.sorted().forEach(inputs::add);
        }
        return inputs;
    }

    private static String digest(List<Path> files) throws Exception {
        MessageDigest digest = sha256();
        for (Path file : files) {
            digest.update(Files.readAllBytes(file));
        }
        return hex(digest.digest());
    }

    private static MessageDigest sha256() throws Exception {
        return MessageDigest.getInstance("SHA-256");
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                for (Path file : all.sorted(java.util.Comparator.reverseOrder()).toList()) {
                    Files.delete(file);
                }
            }
        }
    }
}
