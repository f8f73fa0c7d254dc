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
 * Finds the class path of a worker, which holds Quern's classes and protobuf, and that of the device probe, with
 * Jackson instead of protobuf. Neither contains Quarkus or an embedding application.
 *
 * <p>The places come from the URLs of class resources. {@code java.class.path} is only one jar with quarkus-run.jar and
 * in dev mode. A class's code source is the place at which an AOT cache was trained, not the place of the class.
 */
public record WorkerClassPath(List<Path> elements) {
    /** Written by src/build/WorkerJars.java. */
    private static final String JARS = "io/quern/jvm/worker-classes";

    private static final String BUNDLE = "worker-classes";

    private static final List<String> WORKER =
            List.of("io/quern/worker/WorkerMain.class", "com/google/protobuf/MessageLite.class");

    /** The device probe writes JSON and does not use frames. */
    private static final List<String> PROBE = List.of(
            "io/quern/probe/ProbeMain.class",
            "com/fasterxml/jackson/databind/ObjectMapper.class",
            "com/fasterxml/jackson/core/JsonFactory.class",
            "com/fasterxml/jackson/annotation/JsonProperty.class");

    /** @throws IllegalStateException if the place of a worker's classes cannot be determined */
    static WorkerClassPath find(ClassLoader loader) {
        return find(loader, WORKER);
    }

    /** @throws IllegalStateException if the place of the probe's classes cannot be determined */
    static WorkerClassPath ofProbe(ClassLoader loader) {
        return find(loader, PROBE);
    }

    /**
     * Returns the class path bundled with a native executable, which has no class files; the same for worker and probe.
     *
     * @throws IllegalStateException if the executable contains none
     */
    static WorkerClassPath unpacked(ClassLoader loader, QuernHome home) {
        ClassPathFolder folder = ClassPathFolder.find(loader, JARS)
                .orElseThrow(() -> new IllegalStateException(
                        "this executable contains no classes for workers; build it with ./mvnw package -Dnative"));
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
                        witness + " is not on the class path, so no worker or device probe can start");
            }
            // children run in another working directory
            found.add(element(url, witness).toAbsolutePath().normalize());
        }
        return new WorkerClassPath(List.copyOf(found));
    }

    private static Path element(URL url, String resource) {
        try {
            if (url.getProtocol().equals("jar")) {
                // jar:file:/path/x.jar!/name: the connection decodes escapes; it is never opened
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
            throw new IllegalStateException("cannot determine the file of " + url + ": " + e.getMessage(), e);
        }
        throw new IllegalStateException(
                "classes of workers and the device probe must be in jars or folders, not at " + url);
    }

    /** Returns whether all entries are jars, since an AOT cache can record only jars. */
    boolean jarsOnly() {
        return elements.stream().allMatch(Files::isRegularFile);
    }

    @Override
    public String toString() {
        return elements.stream().map(Path::toString).collect(Collectors.joining(java.io.File.pathSeparator));
    }
}
