package io.quern.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** {@code target/quern/bin/quern} on a machine without Java: no Java is on its PATH. */
final class BinQuern {
    /** The folder that the build has made. */
    static final Path FOLDER = Path.of("target/quern").toAbsolutePath();

    static final Path COMMAND = FOLDER.resolve("bin/quern");

    private final Path folder;
    private final Map<String, String> environment = new HashMap<>();

    record Run(int exitCode, String out, String err) {}

    /** @param folder for its home, and for what it prints */
    BinQuern(Path folder) throws IOException {
        this.folder = folder;
        Path bin = Files.createDirectory(folder.resolve("bin"));
        // the only program that the script starts, for links
        Files.createSymbolicLink(bin.resolve("readlink"), Path.of("/usr/bin/readlink"));
        environment.put("PATH", bin.toString());
        environment.put("QUERN_HOME", folder.resolve("home").toString());
        environment.put("QUERN_WORKER_AOT_CACHE", "false");
        environment.put("QUERN_CALIBRATION_ENABLED", "false");
        environment.put("LC_ALL", "C.UTF-8");
    }

    /** Sets a variable for everything that is started from now on. */
    BinQuern with(String name, String value) {
        environment.put(name, value);
        return this;
    }

    /** Returns all variables of its environment. */
    Map<String, String> environment() {
        return Map.copyOf(environment);
    }

    Run run(String... arguments) throws IOException, InterruptedException {
        return ended(start(arguments));
    }

    Process start(String... arguments) throws IOException {
        List<String> command = new ArrayList<>(List.of(COMMAND.toString()));
        command.addAll(List.of(arguments));
        return start(command);
    }

    /** Runs another program in the same environment. */
    Run runOther(List<String> command) throws IOException, InterruptedException {
        return ended(start(command));
    }

    private Process start(List<String> command) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command)
                .directory(Path.of("/").toFile())
                .redirectOutput(folder.resolve("out").toFile())
                .redirectError(folder.resolve("err").toFile());
        builder.environment().clear();
        builder.environment().putAll(environment);
        return builder.start();
    }

    /** Waits for the end of the process that was started last. */
    Run ended(Process process) throws IOException, InterruptedException {
        assertThat(process.waitFor(120, TimeUnit.SECONDS)).isTrue();
        return new Run(process.exitValue(), Files.readString(folder.resolve("out")), errors());
    }

    /** Returns what the process that was started last has written to standard error. */
    String errors() throws IOException {
        return Files.readString(folder.resolve("err"));
    }
}
