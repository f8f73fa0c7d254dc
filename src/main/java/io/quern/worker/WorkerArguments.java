package io.quern.worker;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The worker's command line: what it needs before its engine can tell it anything.
 *
 * @param parent the process that must live for the worker to live; empty: not checked
 * @param verbose whether llama.cpp's informational log lines are printed too
 * @param run what it is to do
 */
record WorkerArguments(OptionalLong parent, boolean verbose, Run run) {

    /** Whether the launcher has made this process. */
    boolean forked() {
        return run instanceof Serve serve && serve.forked();
    }

    /** What the process is to do. */
    sealed interface Run {}

    /**
     * Serves an engine. The command line names the model as well, for those who look at processes; the settings say which one is
     * loaded.
     *
     * @param worker its number in the engine's pool
     * @param socket where the engine listens
     * @param forked whether the launcher has made this process: its standard input is the connection to the engine, a
     *     variable holds its token, and it ends with its parent already
     */
    record Serve(int worker, Path socket, boolean forked) implements Run {}

    /**
     * Runs once through everything without an engine, for an AOT cache.
     *
     * @param libraries the folder of llama.cpp's libraries
     */
    record Train(Path libraries, Optional<Path> model) implements Run {}

    private static final Set<String> FLAGS = Set.of("verbose", "train", "forked");
    private static final Set<String> KEYS = Set.of("worker", "socket", "parent", "model", "llama");

    /** @throws IllegalArgumentException with one line that says what is wrong */
    static WorkerArguments parse(String[] arguments) {
        Map<String, String> values = split(arguments);
        return new WorkerArguments(
                values.containsKey("parent")
                        ? OptionalLong.of(number(values, "parent", 1, Long.MAX_VALUE))
                        : OptionalLong.empty(),
                values.containsKey("verbose"),
                values.containsKey("train") ? train(values) : serve(values));
    }

    private static Serve serve(Map<String, String> values) {
        path(values, "model");
        return new Serve(
                values.containsKey("worker") ? (int) number(values, "worker", 0, Integer.MAX_VALUE) : 0,
                path(values, "socket"),
                values.containsKey("forked"));
    }

    private static Train train(Map<String, String> values) {
        return new Train(
                path(values, "llama"),
                values.containsKey("model") ? Optional.of(path(values, "model")) : Optional.empty());
    }

    private static Map<String, String> split(String[] arguments) {
        Map<String, String> values = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            String key =
                    argument.startsWith("--") ? argument.substring(2, equals < 0 ? argument.length() : equals) : "";
            boolean known = equals < 0 ? FLAGS.contains(key) : KEYS.contains(key);
            if (!known) {
                throw new IllegalArgumentException("unknown argument '" + argument + "'");
            }
            if (values.put(key, equals < 0 ? "" : argument.substring(equals + 1)) != null) {
                throw new IllegalArgumentException("--" + key + " is given twice");
            }
        }
        return values;
    }

    private static long number(Map<String, String> values, String key, long min, long max) {
        String value = values.get(key);
        try {
            long number = Long.parseLong(value);
            if (number >= min && number <= max) {
                return number;
            }
        } catch (NumberFormatException e) {
            // told below, as for a number out of range
        }
        throw new IllegalArgumentException(
                "--" + key + " must be a whole number from " + min + " to " + max + ", is '" + value + "'");
    }

    private static Path path(Map<String, String> values, String key) {
        String value = values.getOrDefault(key, "");
        if (value.isEmpty()) {
            throw new IllegalArgumentException("--" + key + "=PATH is missing");
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--" + key + " is no path: " + e.getMessage(), e);
        }
    }
}
