package io.quern.process;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Finds the line that explains the end of a process in the last lines of its output. Pure. */
public final class LastWords {
    /**
     * The line that ggml writes before it calls abort(): {@code /build/ggml/src/ggml.c:123: GGML_ASSERT(a == b)
     * failed}.
     */
    private static final Pattern ABORT = Pattern.compile("\\S*\\.(?:c|cc|cpp|cu|cuh|h|hpp|m|mm):\\d+: .+");

    private LastWords() {}

    /**
     * Returns the line of a failed assertion or another abort of native code. Later lines, such as a backtrace, say
     * less.
     *
     * @param lines lines of the output, oldest first
     */
    public static Optional<String> abort(List<String> lines) {
        return lines.stream()
                .map(ABORT::matcher)
                .filter(Matcher::find)
                .map(Matcher::group)
                .findFirst();
    }

    /** Returns that line, or else the last one; empty if there is no output. */
    public static Optional<String> of(List<String> lines) {
        return abort(lines).or(() -> lines.isEmpty() ? Optional.empty() : Optional.of(lines.getLast()));
    }
}
