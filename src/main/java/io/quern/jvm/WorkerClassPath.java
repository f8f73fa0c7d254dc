package io.quern.jvm;

import io.quern.home.ClassPathFolder;
import io.quern.home.QuernHome;
import java.net.JarURLConnection;
import java.net.URI;
import java.net.URL;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * The class path of a worker: where Quern's own classes lie, and protobuf; of the device probe: with Jackson instead. Nothing of
 * Quarkus, nothing of an embedding application.
 *
 * <p>The places are asked of the classes' resources. {@code java.class.path} is one launcher jar under quarkus-run.jar and in
 * dev mode, and a class's code source tells where an AOT cache was trained, not where the class is.
 */
public record WorkerClassPath(List<Path> elements) {
    /** Laid there by src/build/WorkerJars.java. */
    private static final String JARS = "io/quern/jvm/worker-classes";

    private static final String BUNDLE = "worker-classes";

    private static final List<String> WORKER =
            List.of("io/quern/worker/WorkerMain.class", "com/google/protobuf/MessageLite.class");

    /** The device probe writes JSON and speaks no frames. */
    private static final List<String> PROBE = List.of(
            "io/quern/probe/ProbeMain.class",
            "com/fasterxml/jackson/databind/ObjectMapper.class",
            "com/fasterxml/jackson/core/JsonFactory.class",
            "com/fasterxml/jackson/annotation/JsonProperty.class");

    /** @throws IllegalStateException if there is no telling where a worker's classes lie */
    static WorkerClassPath find(ClassLoader loader) {
        return find(loader, WORKER);
    }

    /** @throws IllegalStateException if there is no telling where the probe's classes lie */
    static WorkerClassPath ofProbe(ClassLoader loader) {
        return find(loader, PROBE);
    }

    /**
     * The jars that travel in a native executable, which has no class files of its own; one path for worker and probe.
     *
     * @throws IllegalStateException if there are none in it
     */
    static WorkerClassPath unpacked(ClassLoader loader, QuernHome home) {
        ClassPathFolder folder = ClassPathFolder.find(loader, JARS)
                .orElseThrow(() -> new IllegalStateException(
                        "this executable carries no classes for workers: it was not built by ./mvnw package -Dnative"));
        Path jars = home.lay(folder, BUNDLE);
        return new WorkerClassPath(folder.bundle(BUNDLE).entries().stream()
                .map(entry -> jars.resolve(entry.name()))
                .toList());
    }

    private static WorkerClassPath find(ClassLoader loader, List<String> witnesses) {
        Set<Path> found = new LinkedHashSet<>();
        for (String witness : witnesses) {
            URL url = loader.getResource(witness);
            if (url == null) {
                throw new IllegalStateException(
                        witness + " is not on the class path, so no child can be started on it");
            }
            // children work in another directory
            found.add(element(url, witness).toAbsolutePath().normalize());
        }
        return new WorkerClassPath(List.copyOf(found));
    }

    private static Path element(URL url, String resource) {
        try {
            if (url.getProtocol().equals("jar")) {
                // jar:file:/path/x.jar!/name: the connection undoes the escapes; it is not opened
                return Path.of(((JarURLConnection)
                                URI.create("jar:" + url.getFile()).toURL().openConnection())
                        .getJarFileURL()
                        .toURI());
            }
            if (url.getProtocol().equals("file")) {
                Path file = Path.of(url.toURI());
                int depth = Path.of(resource).getNameCount();
                return file.getRoot().resolve(file.subpath(0, file.getNameCount() - depth));
            }
        } catch (Exception e) {
            throw new IllegalStateException("cannot tell where " + url + " lies: " + e.getMessage(), e);
        }
        throw new IllegalStateException("classes of child processes must lie in jars or folders, not at " + url);
    }

    /** Only jars can be recorded in an AOT cache. */
    boolean jarsOnly() {
        return elements.stream().allMatch(Files::isRegularFile);
    }

    @Override
    public String toString() {
        return elements.stream().map(Path::toString).collect(Collectors.joining(java.io.File.pathSeparator));
    }
}
