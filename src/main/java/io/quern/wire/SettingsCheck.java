package io.quern.wire;

import java.util.Optional;

/** Checks the values of {@link WorkerSettings}. Pure. */
public final class SettingsCheck {
    /** Largest number of sequences in llama.cpp. */
    public static final int MAX_SLOTS = 256;

    /** Largest number of threads in llama.cpp. */
    public static final int MAX_THREADS = 512;

    /** Prompts are never cut more coarsely than into pieces of this many tokens. */
    private static final int MAX_CUT = 8;

    /** A worker has room for the logits of one token more. */
    public static final int MAX_DRAFT_TOKENS = 8;

    public static final int MAX_STEP_MILLIS = 60_000;
    public static final int MIN_FRAME_BYTES = 1024;

    /** Linux has at most 1024 nodes. */
    private static final int MAX_NUMA_NODE = 1023;

    private SettingsCheck() {}

    /** Returns one line that names the first wrong field, or empty if the settings are valid. */
    public static Optional<String> problem(WorkerSettings settings) {
        try {
            check(settings);
            return Optional.empty();
        } catch (IllegalArgumentException e) {
            return Optional.of(String.valueOf(e.getMessage()));
        }
    }

    private static void check(WorkerSettings settings) {
        present("model", !settings.getModel().isEmpty());
        present("libraries", !settings.getLibraries().isEmpty());
        WorkerSettings.Sequences sequences = settings.getSequences();
        within("slots", sequences.getSlots(), 1, MAX_SLOTS);
        if (sequences.hasContextLength()) {
            within("context_length", sequences.getContextLength(), 1, Integer.MAX_VALUE);
        }
        notNegative("cache_bytes", sequences.getCacheBytes());
        check(settings.getComputation());
        if (settings.hasStateCopies()) {
            check(settings.getStateCopies());
        }
        if (settings.hasPrefixStates() && settings.getPrefixStates().getBytes() <= 0) {
            throw wrong(
                    "prefix_states.bytes",
                    "from 1 to " + Long.MAX_VALUE,
                    Long.toUnsignedString(settings.getPrefixStates().getBytes()));
        }
        within("max_frame_bytes", settings.getMaxFrameBytes(), MIN_FRAME_BYTES, Integer.MAX_VALUE);
        if (settings.hasPreloaded()) {
            check(settings.getPreloaded());
        }
    }

    private static void check(WorkerSettings.Computation computation) {
        within("threads", computation.getThreads(), 1, MAX_THREADS);
        within("most_threads", computation.getMostThreads(), 0, MAX_THREADS);
        if (computation.hasNumaNode()) {
            within("numa_node", computation.getNumaNode(), 0, MAX_NUMA_NODE);
        }
        within("step_millis", computation.getStepMillis(), 1, MAX_STEP_MILLIS);
        if (computation.hasBatchRows()) {
            within("batch_rows.multiple", computation.getBatchRows().getMultiple(), 1, MAX_SLOTS);
            within("batch_rows.least", computation.getBatchRows().getLeast(), 1, MAX_SLOTS);
        }
        within("draft_tokens", computation.getDraftTokens(), 0, MAX_DRAFT_TOKENS);
        if (computation.hasPromptCuts()) {
            within("prompt_cuts.multiple", computation.getPromptCuts().getMultiple(), 1, MAX_CUT);
        }
    }

    private static void check(WorkerSettings.StateCopies copies) {
        if (copies.getBytes() <= 0) {
            throw wrong("state_copies.bytes", "from 1 to " + Long.MAX_VALUE, Long.toUnsignedString(copies.getBytes()));
        }
        within("state_copies.share", copies.getShare(), 1);
    }

    private static void check(WorkerSettings.Preloaded preloaded) {
        present("preloaded.model", preloaded.getModel() != 0);
        if (preloaded.hasContext()) {
            WorkerSettings.Context context = preloaded.getContext();
            present("preloaded.context.address", context.getAddress() != 0);
            within("preloaded.context.context_length", context.getContextLength(), 1, Integer.MAX_VALUE);
            notNegative("preloaded.context.cache_bytes", context.getCacheBytes());
            if (context.hasMicrosPerToken()) {
                within("preloaded.context.micros_per_token", context.getMicrosPerToken(), Double.MAX_VALUE);
            }
        }
    }

    /** Refuses an unsigned value that does not fit into a long. */
    private static void notNegative(String field, long value) {
        if (value < 0) {
            throw wrong(field, "from 0 to " + Long.MAX_VALUE, Long.toUnsignedString(value));
        }
    }

    private static void present(String field, boolean present) {
        if (!present) {
            throw new IllegalArgumentException("the worker's settings lack " + field);
        }
    }

    /** @param value an unsigned value */
    private static void within(String field, int value, int least, int most) {
        long whole = Integer.toUnsignedLong(value);
        if (whole < least || whole > most) {
            throw wrong(field, "a whole number from " + least + " to " + most, Long.toString(whole));
        }
    }

    /** Requires a value from zero; also refuses NaN. */
    private static void within(String field, double value, double most) {
        if (!(value >= 0 && value <= most)) {
            throw wrong(field, "from 0 to " + most, Double.toString(value));
        }
    }

    private static IllegalArgumentException wrong(String field, String range, String value) {
        return new IllegalArgumentException(
                "the worker's settings are wrong: " + field + " must be " + range + ", but is " + value);
    }
}
