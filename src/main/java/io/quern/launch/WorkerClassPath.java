package io.quern.launch;

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
 * The class path of a worker: where Quern's own classes lie, and protobuf. Nothing of Quarkus, nothing of an embedding
 * application.
 *
 * <p>The places are asked of the classes' resources. {@code java.class.path} is one launcher jar under quarkus-run.jar and in
 * dev mode, and a class's code source tells where an AOT cache was trained, not where the class is.
 */
record WorkerClassPath(List<Path> elements) {
    private static final List<String> WITNESSES =
            List.of("io/quern/worker/WorkerMain.class", "com/google/protobuf/MessageLite.class");

    static WorkerClassPath find(ClassLoader loader) {
        Set<Path> found = new LinkedHashSet<>();
        for (String witness : WITNESSES) {
            URL url = loader.getResource(witness);
            if (url == null) {
                throw new IllegalStateException(witness + " is not on the class path, so workers cannot be started");
            }
            found.add(element(url, witness));
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
        throw new IllegalStateException("classes of workers must lie in jars or folders, not at " + url);
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
