import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.jar.JarFile;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipOutputStream;

/**
 * Adds the jars for workers and the device probe to the application's resources. A native executable needs them,
 * because it has no class files of its own. Maven runs it in the project's folder as a single source file.
 *
 * <p>A manifest in the format of Natives.java is written beside the jars.
 */
class WorkerJars {
    private static final String RESOURCE = "io/quern/jvm/worker-classes";

    /** The packages of the worker's side, and those whose values it shares; see docs/internals/architecture.md. */
    private static final List<String> ROOMS = List.of(
            "generation",
            "files",
            "wire",
            "socket",
            "llama",
            "worker",
            "weights",
            "probe",
            "device",
            "process",
            "settings");

    /** One class of each library that they need. */
    private static final List<String> WITNESSES = List.of(
            "com/google/protobuf/MessageLite.class",
            "com/fasterxml/jackson/databind/ObjectMapper.class",
            "com/fasterxml/jackson/core/JsonFactory.class",
            "com/fasterxml/jackson/annotation/JsonProperty.class");

    /** A constant time, so that the same classes always give the same jar. */
    private static final FileTime TIME = FileTime.fromMillis(1_577_836_800_000L);

    /** @param args target/classes and the class path of the application */
    public static void main(String[] args) throws Exception {
        Path classes = Path.of(args[0]);
        Path folder = classes.resolve(RESOURCE);
        Files.createDirectories(folder);
        try (Stream<Path> before = Files.list(folder)) {
            for (Path file : before.toList()) {
                Files.delete(file);
            }
        }
        List<Path> jars = new ArrayList<>();
        jars.add(folder.resolve("quern-worker.jar"));
        pack(classes, jars.getFirst());
        for (String witness : WITNESSES) {
            Path jar = jarWith(witness, args[1].split(java.io.File.pathSeparator));
            Path copy = folder.resolve(jar.getFileName());
            Files.copy(jar, copy, StandardCopyOption.REPLACE_EXISTING);
            jars.add(copy);
        }
        List<String> manifest = new ArrayList<>();
        for (Path jar : jars) {
            byte[] content = Files.readAllBytes(jar);
            String digest = HexFormat.of()
                    .formatHex(MessageDigest.getInstance("SHA-256").digest(content));
            manifest.add("file: " + digest + " " + content.length + " " + jar.getFileName());
        }
        Files.write(folder.resolve("manifest"), manifest);
    }

    private static Path jarWith(String entry, String[] classPath) throws IOException {
        for (String element : classPath) {
            if (element.endsWith(".jar")) {
                try (JarFile jar = new JarFile(element)) {
                    if (jar.getEntry(entry) != null) {
                        return Path.of(element);
                    }
                }
            }
        }
        throw new IOException("no jar on the class path contains " + entry);
    }

    private static void pack(Path classes, Path jar) throws IOException {
        try (ZipOutputStream out = new ZipOutputStream(Files.newOutputStream(jar))) {
            for (String room : ROOMS) {
                try (Stream<Path> files = Files.walk(classes.resolve("io/quern").resolve(room))) {
                    files.filter(file -> file.toString().matches(".*\\.(class|txt)"))
                            .sorted()
                            .forEach(file -> add(classes, file, out));
                }
            }
        }
    }

    private static void add(Path classes, Path file, ZipOutputStream out) {
        ZipEntry entry = new ZipEntry(classes.relativize(file).toString().replace('\\', '/'));
        entry.setLastModifiedTime(TIME);
        try (InputStream in = Files.newInputStream(file)) {
            out.putNextEntry(entry);
            in.transferTo((OutputStream) out);
            out.closeEntry();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
