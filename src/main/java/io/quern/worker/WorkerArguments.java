package io.quern.worker;

import io.quern.wire.Protocol;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;

/**
 * The worker's command line.
 *
 * @param socket where the engine listens; null in training
 * @param parent pid of the process that must live for the worker to live; 0: not checked
 * @param numaNode the node that the process binds itself to, if any
 * @param maxFrameBytes largest frame in either direction
 * @param forked whether the launcher has made this process: it is connected to the engine by its standard input, knows its
 *     token by a variable, and ends with its parent already
 * @param sealed whether it gives up sockets and programs once it is connected
 * @param verbose whether llama.cpp's informational log lines are printed too
 * @param train whether to run once through everything without an engine, for an AOT cache
 */
record WorkerArguments(
        SessionOptions session,
        Path socket,
        long parent,
        OptionalInt numaNode,
        int maxFrameBytes,
        boolean forked,
        boolean sealed,
        boolean verbose,
        boolean train) {
    /** Linux has no more than 1024. */
    private static final int MAX_NUMA_NODE = 1023;

    private static final Set<String> FLAGS =
            Set.of("verbose", "train", "preloaded", "forked", "sealed", "flash-attention", "faults");
    private static final Set<String> KEYS = Set.of(
            "worker",
            "socket",
            "parent",
            "model",
            "slots",
            "context-length",
            "threads",
            "numa-node",
            "model-address",
            "context-address",
            "context-made",
            "device",
            "llama",
            "step-millis",
            "max-frame-bytes",
            "state-bytes",
            "state-permille");

    /** @throws IllegalArgumentException with one line that says what is wrong */
    static WorkerArguments parse(String[] arguments) {
        Map<String, String> values = split(arguments);
        boolean train = values.containsKey("train");
        OptionalInt numaNode = numaNode(values);
        var session = new SessionOptions(
                (int) number(values, "worker", 0, 0, Integer.MAX_VALUE),
                path(values, "model", !train),
                (int) number(values, "slots", 4, 1, SessionOptions.MAX_SLOTS),
                (int) number(values, "context-length", 0, 0, Integer.MAX_VALUE),
                (int) number(values, "threads", 1, 1, 512),
                values.containsKey("flash-attention"),
                path(values, "llama", true),
                preloaded(values),
                (int) number(values, "step-millis", 50, 1, 60_000),
                numaNode.isEmpty(),
                number(values, "state-bytes", 0, 0, Long.MAX_VALUE),
                number(values, "state-permille", 0, 0, 1000) / 1000.0,
                values.containsKey("faults"));
        return new WorkerArguments(
                session,
                path(values, "socket", !train),
                number(values, "parent", 0, 0, Long.MAX_VALUE),
                numaNode,
                (int) number(values, "max-frame-bytes", Protocol.DEFAULT_MAX_FRAME_BYTES, 1024, Integer.MAX_VALUE),
                values.containsKey("forked"),
                values.containsKey("sealed"),
                values.containsKey("verbose"),
                train);
    }

    private static Inherited preloaded(Map<String, String> values) {
        String made = values.get("context-made");
        return new Inherited(
                values.containsKey("preloaded"),
                values.getOrDefault("device", ""),
                number(values, "model-address", 0, 0, Long.MAX_VALUE),
                number(values, "context-address", 0, 0, Long.MAX_VALUE),
                made == null ? null : Inherited.Made.parse(made));
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

    private static long number(Map<String, String> values, String key, long absent, long min, long max) {
        String value = values.get(key);
        if (value == null) {
            return absent;
        }
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

    private static OptionalInt numaNode(Map<String, String> values) {
        int node = (int) number(values, "numa-node", -1, 0, MAX_NUMA_NODE);
        return node < 0 ? OptionalInt.empty() : OptionalInt.of(node);
    }

    private static Path path(Map<String, String> values, String key, boolean required) {
        String value = values.get(key);
        if (value == null || value.isEmpty()) {
            if (required) {
                throw new IllegalArgumentException("--" + key + "=PATH is missing");
            }
            return null;
        }
        try {
            return Path.of(value);
        } catch (InvalidPathException e) {
            throw new IllegalArgumentException("--" + key + " is no path: " + e.getMessage(), e);
        }
    }
}
