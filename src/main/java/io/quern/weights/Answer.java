package io.quern.weights;

import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.stream.Collectors;

/**
 * Writes the results as lines of words divided by tabs. The first word says what the line is; the package {@code
 * io.quern.quantize} reads them. Thread-safe.
 */
final class Answer {
    private final PrintStream out;

    Answer(PrintStream out) {
        this.out = new PrintStream(out, false, StandardCharsets.UTF_8);
    }

    synchronized void line(Object... words) {
        // begins with a line end, so that output of a library is never on the same line
        out.print("\n" + Arrays.stream(words).map(Answer::word).collect(Collectors.joining("\t")) + "\n");
        out.flush();
    }

    private static String word(Object value) {
        return value.toString().replaceAll("\\p{Cntrl}+", " ");
    }
}
