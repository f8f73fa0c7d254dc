package io.quern.engine;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** What the build has made: the packaged application or, with -Dnative, the native executable. The same tests run on both. */
final class PackagedEngine {
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final Properties ARTIFACT = artifact();

    private PackagedEngine() {}

    static boolean isNative() {
        return "native".equals(ARTIFACT.getProperty("type"));
    }

    /** The start methods that it has. */
    static List<String> methods() {
        return isNative() ? List.of("spawn", "fork", "forkserver") : List.of("spawn", "fork", "forkserver", "inline");
    }

    /** @param options of the JVM, as far as a native executable takes them too */
    static List<String> command(List<String> options) {
        if (!isNative()) {
            return onJvm(TARGET.resolve("quarkus-app"), options);
        }
        List<String> command = new ArrayList<>();
        command.add(TARGET.resolve(ARTIFACT.getProperty("path")).toString());
        command.addAll(options);
        return command;
    }

    /** @param application the folder that Quarkus has packaged it into */
    static List<String> onJvm(Path application, List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(options);
        command.add("-jar");
        command.add(application.resolve("quarkus-run.jar").toAbsolutePath().toString());
        return command;
    }

    /** As Quarkus' own integration tests know it. */
    private static Properties artifact() {
        Properties artifact = new Properties();
        try (Reader in = Files.newBufferedReader(TARGET.resolve("quarkus-artifact.properties"))) {
            artifact.load(in);
            return artifact;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
