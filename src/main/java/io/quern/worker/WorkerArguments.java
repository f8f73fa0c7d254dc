package io.quern.worker;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;

/**
 * The worker's command line, with what it needs before it is connected to its engine.
 *
 * @param parent the process that the worker must not outlive, or empty for no check
 * @param verbose whether to print llama.cpp's informational log lines
 * @param run the task
 */
record WorkerArguments(OptionalLong parent, boolean verbose, Run run) {

    /** Returns whether the launcher has forked this process. */
    boolean forked() {
        return run instanceof Serve serve && serve.forked();
    }

    /** The task of the process. */
    sealed interface Run {}

    /**
     * Serves an engine. The command line also names the model, for people who list processes; the settings determine
     * which one is loaded.
     *
     * @param worker its id in the engine's pool
     * @param socket the engine's socket
     * @param forked whether the launcher has forked this process: then its standard input is the connection to the
     *     engine, a variable contains its token, and the guards are installed
     */
    record Serve(int worker, Path socket, boolean forked) implements Run {}

    /**
     * Runs everything once without an engine, for an AOT cache.
     *
     * @param libraries the folder with llama.cpp's libraries
     */
    record Train(Path libraries, Optional<Path> model) implements Run {}

    /**
     * Measures how fast the model generates, without an engine.
     *
     * @param libraries the folder with llama.cpp's libraries
     * @param threads numbers of threads
     * @param streams numbers of streams
     * @param background whether other processes go first, and the reading of a prompt is not measured
     * @param anyThreads whether several threads use the fused kernel, too
     */
    record Measure(Path libraries, Path model, int[] threads, int[] streams, boolean background, boolean anyThreads)
            implements Run {}

    private static final int MOST = 1024;

    private static final Set<String> FLAGS =
            Set.of("verbose", "train", "forked", "measure", "background", "any-threads");
    private static final Set<String> KEYS =
            Set.of("worker", "socket", "parent", "model", "llama", "threads", "streams");

    /** @throws IllegalArgumentException with one line that describes the error */
    static WorkerArguments parse(String[] arguments) {
        Map<String, String> values = split(arguments);
        return new WorkerArguments(
                values.containsKey("parent")
                        ? OptionalLong.of(number(values, "parent", 1, Long.MAX_VALUE))
                        : OptionalLong.empty(),
                values.containsKey("verbose"),
                values.containsKey("train")
                        ? train(values)
                        : values.containsKey("measure") ? measure(values) : serve(values));
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

    private static Measure measure(Map<String, String> values) {
        return new Measure(
                path(values, "llama"),
                path(values, "model"),
                numbers(values, "threads"),
                numbers(values, "streams"),
                values.containsKey("background"),
                values.containsKey("any-threads"));
    }

    private static int[] numbers(Map<String, String> values, String key) {
        String[] parts = values.getOrDefault(key, "").split(",");
        int[] numbers = new int[parts.length];
        for (int i = 0; i < parts.length; i++) {
            numbers[i] = (int) number(Map.of(key, parts[i]), key, 1, MOST);
        }
        return numbers;
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
            // reported below, as for a number out of range
        }
        throw new IllegalArgumentException(
                "--" + key + " must be a whole number from " + min + " to " + max + ", but is '" + value + "'");
    }

    private static Path path(Map<String, String> values, String key) {
        String value = values.getOrDefault(key, "");
        if (value.isEmpty()) {
            throw new IllegalArgumentException("--" + key + "=PATH is missing");
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--" + key + " is not a path: " + e.getMessage(), e);
        }
    }
}
