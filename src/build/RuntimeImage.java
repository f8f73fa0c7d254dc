import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;

/**
 * Links the run-time images that are delivered with the application for machines without Java: one for workers and the
 * device probe, next to the native executable, and one for the engine and its workers in JVM images. Maven runs it in
 * the project's folder as a single source file. Does nothing if they exist and were linked from this JDK.
 */
class RuntimeImage {
    /** The modules for the worker's classes, protobuf, Jackson, llama.cpp's binding and sun.misc.Unsafe. */
    private static final String WORKER = "java.base,java.logging,jdk.unsupported";

    /**
     * The modules for Quarkus, Netty and Quern: java.desktop for java.beans, jdk.unsupported for Unsafe and Signal,
     * jdk.management for properties of the machine, jdk.zipfs for resources. jdk.crypto.cryptoki and similar modules
     * are missing, because HTTPS needs only java.base.
     */
    private static final String ENGINE =
            "java.base,java.compiler,java.desktop,java.instrument,java.logging,java.management,"
                    + "java.naming,java.net.http,java.rmi,java.security.jgss,java.security.sasl,java.sql,java.xml,jdk.jfr,jdk.management,"
                    + "jdk.net,jdk.unsupported,jdk.zipfs";

    private final Path image;
    private final String modules;

    private RuntimeImage(Path image, String modules) {
        this.image = image;
        this.modules = modules;
    }

    /** @param args "worker" or "engine", and the folder to link it into */
    public static void main(String[] args) throws IOException {
        new RuntimeImage(Path.of(args[1]), args[0].equals("worker") ? WORKER : ENGINE).link();
    }

    private void link() throws IOException {
        String inputs = Files.readString(Path.of(System.getProperty("java.home"), "release"))
                + Files.readString(Path.of("src/build/RuntimeImage.java"));
        Path marker = image.resolve("linked-from");
        if (Files.isRegularFile(marker) && Files.readString(marker).equals(inputs)) {
            return;
        }
        delete(image);
        List<String> arguments = new ArrayList<>(List.of(
                "--add-modules=" + modules,
                "--strip-debug",
                "--no-header-files",
                "--no-man-pages",
                // jlink omits it, but the image may be found on a machine of another architecture
                "--release-info=add:OS_ARCH=" + System.getProperty("os.arch"),
                // a JVM without an AOT cache, such as the device probe, starts in half the time with it
                "--generate-cds-archive",
                "--output=" + image));
        ToolProvider jlink =
                ToolProvider.findFirst("jlink").orElseThrow(() -> new IOException("this JDK has no jlink"));
        int status = jlink.run(System.out, System.err, arguments.toArray(String[]::new));
        if (status != 0) {
            throw new IOException("jlink ended with " + status);
        }
        // these archives are for heaps of more than 32 GB, which workers never have
        Files.deleteIfExists(image.resolve("lib/server/classes_nocoops.jsa"));
        Files.deleteIfExists(image.resolve("lib/server/classes_nocoops_coh.jsa"));
        Files.deleteIfExists(image.resolve("lib/server/classes_coh.jsa"));
        Files.writeString(marker, inputs);
    }

    private static void delete(Path folder) throws IOException {
        if (Files.exists(folder)) {
            try (Stream<Path> all = Files.walk(folder)) {
                all.sorted(Comparator.reverseOrder()).map(Path::toFile).forEach(File::delete);
            }
        }
    }
}
