package io.quern.cli;

import io.quern.jvm.NativeExecutable;
import java.io.File;
import java.io.IOException;
import java.nio.charset.Charset;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/** The command line by which this process can start another one of the same application. */
final class OwnCommand {
    private static final Path COMMAND_LINE = Path.of("/proc/self/cmdline");

    /** Set by the script. */
    private static final String NAME_PROPERTY = "io.quern.command";

    private static volatile int arguments;

    private OwnCommand() {}

    /** Notes what main was called with. */
    static void remember(String[] all) {
        arguments = all.length;
    }

    /**
     * Returns program and options without arguments: {@code bin/quern}, this native executable, or the Java that runs
     * this process with the same options and the same jar.
     */
    static List<String> withoutArguments() {
        boolean isNative = NativeExecutable.isThisProcess();
        String program = isNative ? executable() : System.getProperty("java.class.path", "");
        Optional<Path> script = script(program);
        if (script.isPresent()) {
            return List.of(script.get().toString());
        }
        if (isNative) {
            return List.of(program);
        }
        String java = Path.of(System.getProperty("java.home"), "bin", "java").toString();
        try {
            return javaCommand(java, Files.readString(COMMAND_LINE, Charset.defaultCharset()), arguments);
        } catch (IOException e) {
            String classPath = System.getProperty("java.class.path");
            return classPath.endsWith(".jar") && !classPath.contains(File.pathSeparator)
                    ? List.of(java, "-jar", classPath)
                    : List.of(java, "-cp", classPath, Main.class.getName());
        }
    }

    private static String executable() {
        return ProcessHandle.current()
                .info()
                .command()
                .orElseThrow(() -> new IllegalStateException("The path of this executable is unknown"));
    }

    /**
     * Returns {@code bin/quern} if it has started this process. It knows the options with which an engine is fast.
     *
     * @param program the executable or the class path
     */
    private static Optional<Path> script(String program) {
        Path lib = Path.of(program.split(File.pathSeparator, 2)[0])
                .toAbsolutePath()
                .getParent();
        Path folder = lib == null ? null : lib.getParent();
        return System.getProperty(NAME_PROPERTY) == null || folder == null
                ? Optional.empty()
                : Optional.of(folder.resolve("bin").resolve("quern")).filter(Files::isExecutable);
    }

    /**
     * @param commandLine the content of {@code /proc/PID/cmdline}
     * @param arguments how many words at its end main has got
     */
    static List<String> javaCommand(String java, String commandLine, int arguments) {
        List<String> words = new ArrayList<>(List.of(commandLine.split("\0", -1)));
        // the last word ends in a NUL too
        words.removeLast();
        List<String> command = new ArrayList<>(words.subList(0, words.size() - arguments));
        // the first word may be a name that was found on the PATH
        command.set(0, java);
        return command;
    }

    /**
     * Returns the settings that this process got on its command line, as arguments. They do not include keys, which
     * other users could read there.
     */
    static Map<String, String> settings() {
        Map<String, String> settings = new TreeMap<>();
        System.getProperties().forEach((key, value) -> {
            String name = key.toString();
            if ((name.startsWith("quern.") || name.startsWith("quarkus.")) && !name.contains("api-key")) {
                settings.put(name, value.toString());
            }
        });
        return settings;
    }
}
