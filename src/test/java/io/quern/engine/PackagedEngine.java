package io.quern.engine;

import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Properties;

/** The result of the build: the packaged application or, with -Dnative, the native executable. */
final class PackagedEngine {
    private static final Path TARGET = Path.of("target").toAbsolutePath();
    private static final Properties ARTIFACT = artifact();

    /** The command and the image start the engine with them: C2 would take a quarter of a boot's processor time. */
    private static final List<String> LATE_C2 = List.of(
            "-XX:Tier4InvocationThreshold=50000",
            "-XX:Tier4MinInvocationThreshold=6000",
            "-XX:Tier4CompileThreshold=150000",
            "-XX:Tier4BackEdgeThreshold=400000");

    private PackagedEngine() {}

    static boolean isNative() {
        return "native".equals(ARTIFACT.getProperty("type"));
    }

    /** Returns the start methods that it supports. */
    static List<String> methods() {
        return isNative() ? List.of("spawn", "fork", "forkserver") : List.of("spawn", "fork", "forkserver", "inline");
    }

    /** @param options options of the JVM that a native executable accepts too */
    static List<String> command(List<String> options) {
        if (!isNative()) {
            return onJvm(TARGET.resolve("quarkus-app"), options);
        }
        List<String> command = new ArrayList<>();
        command.add(TARGET.resolve(ARTIFACT.getProperty("path")).toString());
        command.addAll(options);
        return command;
    }

    /** @param application the folder with the packaged application */
    static List<String> onJvm(Path application, List<String> options) {
        List<String> command = new ArrayList<>();
        command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
        command.addAll(LATE_C2);
        command.addAll(options);
        command.add("-jar");
        command.add(application.resolve("quarkus-run.jar").toAbsolutePath().toString());
        return command;
    }

    /** Reads Quarkus' description of what it has built. */
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
