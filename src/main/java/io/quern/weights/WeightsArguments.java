package io.quern.weights;

import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;

/**
 * The command line of the process.
 *
 * @param parent the process with which it ends
 * @param libraries the folder with llama.cpp's libraries
 * @param threads that compute
 */
record WeightsArguments(long parent, Path libraries, int threads, Task task) {
    private static final Set<String> KEYS = Set.of(
            "task",
            "parent",
            "llama",
            "threads",
            "from",
            "to",
            "type",
            "buffer",
            "types",
            "columns",
            "rows",
            "matrices");

    /** What the process does. */
    sealed interface Task {}

    /**
     * Finds out what {@link Write} would write.
     *
     * @param fileType llama.cpp's number for the mix of types
     */
    record Plan(Path from, int fileType) implements Task {}

    /**
     * Quantises a file.
     *
     * @param to an existing file, which it overwrites
     * @param bufferBytes most bytes of rows in memory
     */
    record Write(Path from, Path to, int fileType, long bufferBytes) implements Task {}

    /** Compares two files with the same vocabulary. */
    record Compare(Path from, Path to) implements Task {}

    /**
     * Times products of matrices.
     *
     * @param types ggml's numbers of the types
     * @param columns elements of a row
     * @param rows of each matrix
     * @param matrices their number
     */
    record Kernels(List<Integer> types, int columns, int rows, int matrices) implements Task {}

    /** @throws IllegalArgumentException with one line that says what is wrong */
    static WeightsArguments parse(String... arguments) {
        Map<String, String> values = new HashMap<>();
        for (String argument : arguments) {
            int equals = argument.indexOf('=');
            String key = argument.startsWith("--") && equals > 0 ? argument.substring(2, equals) : "";
            if (!KEYS.contains(key)) {
                throw new IllegalArgumentException("unknown argument '" + argument + "'");
            }
            if (values.put(key, argument.substring(equals + 1)) != null) {
                throw new IllegalArgumentException("--" + key + " is given twice");
            }
        }
        return new WeightsArguments(
                number(values, "parent"), path(values, "llama"), (int) number(values, "threads"), task(values));
    }

    private static Task task(Map<String, String> values) {
        return switch (text(values, "task")) {
            case "plan" -> new Plan(path(values, "from"), (int) number(values, "type"));
            case "write" ->
                new Write(
                        path(values, "from"),
                        path(values, "to"),
                        (int) number(values, "type"),
                        number(values, "buffer"));
            case "compare" -> new Compare(path(values, "from"), path(values, "to"));
            case "kernels" ->
                new Kernels(
                        Stream.of(text(values, "types").split(","))
                                .map(type -> (int) number(Map.of("types", type), "types"))
                                .toList(),
                        (int) number(values, "columns"),
                        (int) number(values, "rows"),
                        (int) number(values, "matrices"));
            default -> throw new IllegalArgumentException("there is no task '" + values.get("task") + "'");
        };
    }

    private static String text(Map<String, String> values, String key) {
        String value = values.getOrDefault(key, "");
        if (value.isEmpty()) {
            throw new IllegalArgumentException("--" + key + " is missing");
        }
        return value;
    }

    private static long number(Map<String, String> values, String key) {
        String value = text(values, key);
        try {
            long number = Long.parseLong(value);
            if (number >= 0) {
                return number;
            }
        } catch (NumberFormatException e) {
            // reported below, as for a negative number
        }
        throw new IllegalArgumentException("--" + key + " must be a whole number, but is '" + value + "'");
    }

    private static Path path(Map<String, String> values, String key) {
        try {
            return Path.of(text(values, key));
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--" + key + " is not a path: " + e.getMessage(), e);
        }
    }
}
