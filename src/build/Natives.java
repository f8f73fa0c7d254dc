import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * Fetches llama.cpp's prebuilt libraries for this machine with npm and the lock file in src/main/npm/PLATFORM, and adds
 * them to the application's resources. Maven runs it in the project's folder as a source file, with RunPath.java beside
 * it; it must not need anything that has to be built.
 *
 * <p>There is one lock file per platform, each with one ordinary dependency: npm silently skips an <i>optional</i>
 * dependency if its download or its checksum fails.
 *
 * <p>A manifest of lines {@code key: value} is written beside the libraries, because a folder in a jar cannot be
 * listed; {@code io.quern.home} reads it to unpack them. If its {@code inputs} line is unchanged, the next build skips
 * npm.
 */
class Natives {
    /** The version that the binding in io.quern.llama requires. */
    private static final String LLAMA = "v0.5.0";

    private static final String OWN_LIBRARIES =
            "build with -DskipNatives and set quern.llama.library to a folder with your own build of llama.cpp " + LLAMA
                    + " (docs/troubleshooting/natives.md)";

    private static final Path SCRIPT = Path.of("src/build/Natives.java");
    private static final Path RUN_PATH = Path.of("src/build/RunPath.java");
    private static final Path LOCKS = Path.of("src/main/npm");
    private static final Path LLAMA_LICENSE = LOCKS.resolve("LICENSE.llama.cpp");
    private static final String RESOURCE = "io/quern/llama/natives";
    private static final int NPM_MINUTES = 15;

    // neither libllama-common (for llama.cpp's own tools) nor the add-on for Node
    private static final Pattern LIBRARY =
            Pattern.compile("(lib)?(llama|ggml)(?!-common)[\\w.-]*\\.(so|dylib|dll|metal|metallib)");
    private static final Pattern RELEASE = Pattern.compile("\"release\"\\s*:\\s*\"([^\"]+)\"");
    private static final Pattern DEPENDENCY = Pattern.compile("\"(@[\\w-]+/[\\w-]+)\"\\s*:\\s*\"(\\d[\\w.-]*)\"");

    private final String platform;
    private final Path lock;
    private final Path work;
    private final Path resources;

    private Natives(String platform, Path buildDirectory, Path classes) {
        this.platform = platform;
        this.lock = LOCKS.resolve(platform);
        this.work = buildDirectory.resolve("npm").resolve(platform);
        this.resources = classes.resolve(RESOURCE).resolve(platform);
    }

    /** @param args target and target/classes */
    public static void main(String[] args) throws IOException, InterruptedException {
        try {
            new Natives(platform(), Path.of(args[0]), Path.of(args[1])).bring();
        } catch (Problem e) {
            System.out.println("llama.cpp's libraries: " + e.getMessage());
            System.exit(1);
        }
    }

    private void bring() throws IOException, InterruptedException {
        if (!Files.isRegularFile(lock.resolve("package-lock.json"))) {
            throw new Problem("there is no known npm package for " + platform + ": " + OWN_LIBRARIES + ".");
        }
        String inputs = digestOfInputs();
        if (upToDate(inputs)) {
            return;
        }
        delete(work);
        Files.createDirectories(work);
        copyFiles(lock, work);
        npmCi();
        Dependency dependency = dependency();
        Path installed = work.resolve("node_modules").resolve(dependency.name);
        Path libraries = folderOfLibraries(installed, dependency);
        checkVersion(libraries, dependency);

        Path staged = work.resolve("staged");
        Files.createDirectories(staged);
        copyLibraries(libraries, staged);
        RunPath.mendAll(staged);
        copy(installed.resolve("LICENSE"), staged.resolve("LICENSE.node-llama-cpp"));
        copy(LLAMA_LICENSE, staged.resolve("LICENSE.llama.cpp"));
        writeManifest(staged, dependency, inputs);
        // also deletes the folders of other platforms, in case target/ was copied from another machine
        delete(resources.getParent());
        Files.createDirectories(resources.getParent());
        Files.move(staged, resources);
        delete(work);
    }

    private static String platform() {
        String os = System.getProperty("os.name").toLowerCase(Locale.ROOT);
        String arch = System.getProperty("os.arch").toLowerCase(Locale.ROOT);
        String system = os.startsWith("mac") ? "mac" : os.startsWith("windows") ? "win" : os.replace(' ', '-');
        String machine =
                switch (arch) {
                    case "amd64", "x86_64" -> "x64";
                    case "aarch64" -> "arm64";
                    default -> arch;
                };
        return system + "-" + machine + (system.equals("linux") && runsOnMusl() ? "-musl" : "");
    }

    /** Checks what this JVM is linked against: glibc can be installed on a musl system, and musl on a glibc system. */
    private static boolean runsOnMusl() {
        try (Stream<String> maps = Files.lines(Path.of(System.getProperty("natives.maps", "/proc/self/maps")))) {
            return maps.anyMatch(line -> line.contains("/ld-musl-"));
        } catch (IOException e) {
            return false;
        }
    }

    private String digestOfInputs() throws IOException {
        MessageDigest digest = sha256();
        digest.update(platform.getBytes());
        for (Path input : List.of(
                SCRIPT, RUN_PATH, LLAMA_LICENSE, lock.resolve("package.json"), lock.resolve("package-lock.json"))) {
            digest.update(Files.readAllBytes(input));
        }
        return HexFormat.of().formatHex(digest.digest());
    }

    private boolean upToDate(String inputs) throws IOException {
        Path manifest = resources.resolve("manifest");
        if (!Files.isRegularFile(manifest)) {
            return false;
        }
        List<String> lines = Files.readAllLines(manifest);
        if (!lines.contains("inputs: " + inputs)) {
            return false;
        }
        for (String line : lines) {
            if (line.startsWith("file: ")) {
                String[] fields = line.split(" ", 4);
                File file = resources.resolve(fields[3]).toFile();
                if (file.length() != Long.parseLong(fields[2])) {
                    return false;
                }
            }
        }
        return true;
    }

    private void npmCi() throws IOException, InterruptedException {
        Path log = work.resolve("npm.log");
        List<String> command = new ArrayList<>();
        if (platform.startsWith("win")) {
            command.addAll(List.of("cmd", "/c")); // npm is a .cmd file there
        }
        command.addAll(List.of("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"));
        Process npm;
        try {
            npm = new ProcessBuilder(command)
                    .directory(work.toFile())
                    .redirectErrorStream(true)
                    .redirectOutput(log.toFile())
                    .start();
        } catch (IOException e) {
            throw new Problem("npm, which fetches them, is not on the PATH. Install Node.js 20 or newer with npm, or "
                    + OWN_LIBRARIES + ".");
        }
        npm.getOutputStream().close();
        if (!npm.waitFor(NPM_MINUTES, TimeUnit.MINUTES)) {
            npm.destroyForcibly();
            throw new Problem("npm ci did not finish within " + NPM_MINUTES + " minutes; its output is in " + log);
        }
        if (npm.exitValue() != 0) {
            throw new Problem("npm ci failed: " + reason(log) + " (full output: " + log + "). Fix that, or "
                    + OWN_LIBRARIES + ".");
        }
    }

    private static String reason(Path log) throws IOException {
        List<String> errors = Files.readAllLines(log).stream()
                .filter(line -> line.startsWith("npm error ") && !line.contains("complete log of this run"))
                .map(line -> line.substring("npm error ".length()).strip())
                .filter(line -> !line.isEmpty() && !line.matches("(syscall|errno|type) .*"))
                .limit(2)
                .toList();
        return errors.isEmpty() ? "it gives no reason" : String.join(", ", errors);
    }

    private Dependency dependency() throws IOException {
        Matcher matcher = DEPENDENCY.matcher(Files.readString(lock.resolve("package.json")));
        if (!matcher.find()) {
            throw new Problem(lock.resolve("package.json") + " names no package");
        }
        return new Dependency(matcher.group(1), matcher.group(2));
    }

    private static Path folderOfLibraries(Path installed, Dependency dependency) throws IOException {
        if (Files.isDirectory(installed.resolve("bins"))) {
            try (Stream<Path> folders = Files.list(installed.resolve("bins"))) {
                List<Path> found = folders.filter(Files::isDirectory).toList();
                if (found.size() == 1) {
                    return found.getFirst();
                }
            }
        }
        throw new Problem(dependency
                + " was installed but does not contain bins/PLATFORM. Check whether it is the right package.");
    }

    private static void checkVersion(Path libraries, Dependency dependency) throws IOException {
        Path metadata = libraries.resolve("_nlcBuildMetadata.json");
        Matcher matcher = RELEASE.matcher(Files.isRegularFile(metadata) ? Files.readString(metadata) : "");
        String release = matcher.find() ? matcher.group(1) : "an unknown version";
        if (!release.equals(LLAMA)) {
            throw new Problem(dependency + " contains llama.cpp " + release
                    + ", but the binding in io.quern.llama only works with " + LLAMA + ". Restore " + lock(dependency)
                    + ", or " + OWN_LIBRARIES + ".");
        }
    }

    private static String lock(Dependency dependency) {
        return LOCKS + "/" + dependency.name.replaceFirst(".*/", "");
    }

    private static void copyLibraries(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.toList()) {
                if (LIBRARY.matcher(file.getFileName().toString()).matches()) {
                    copy(file, to.resolve(file.getFileName()));
                }
            }
        }
    }

    private static void writeManifest(Path folder, Dependency dependency, String inputs) throws IOException {
        List<String> lines = new ArrayList<>();
        lines.add("llama: " + LLAMA);
        lines.add("npm: " + dependency);
        lines.add("inputs: " + inputs);
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.sorted().toList()) {
                byte[] content = Files.readAllBytes(file);
                String digest = HexFormat.of().formatHex(sha256().digest(content));
                lines.add("file: " + digest + " " + content.length + " " + file.getFileName());
            }
        }
        Files.write(folder.resolve("manifest"), lines);
    }

    private static void copyFiles(Path from, Path to) throws IOException {
        try (Stream<Path> files = Files.list(from)) {
            for (Path file : files.filter(Files::isRegularFile).toList()) {
                copy(file, to.resolve(file.getFileName()));
            }
        }
    }

    private static void copy(Path from, Path to) throws IOException {
        Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) {
            return;
        }
        Files.walkFileTree(folder, new SimpleFileVisitor<>() {
            @Override
            public FileVisitResult visitFile(Path file, BasicFileAttributes attributes) throws IOException {
                Files.delete(file);
                return FileVisitResult.CONTINUE;
            }

            @Override
            public FileVisitResult postVisitDirectory(Path visited, IOException failure) throws IOException {
                Files.delete(visited);
                return FileVisitResult.CONTINUE;
            }
        });
    }

    private static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("every JDK has it", e);
        }
    }

    private record Dependency(String name, String version) {
        @Override
        public String toString() {
            return name + "@" + version;
        }
    }

    /** A problem that the person who builds can fix; the message says how. */
    private static final class Problem extends RuntimeException {
        Problem(String message) {
            super(message);
        }
    }
}
