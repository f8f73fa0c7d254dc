package io.quern.log;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Holds the log lines of all rooms to the keys that docs/reference/logging.md lists. */
class LogKeysTest {
    private static final Path SOURCES = Path.of("src/main/java/io/quern");

    /** A call of a logger, up to its end. */
    private static final Pattern CALL = Pattern.compile("\\bLOG\\s*\\.(?:[^;\"]|\"(?:[^\"\\\\]|\\\\.)*\")*;");

    /** A worker, process, request or model in words or by a key in the message. */
    private static final Pattern WITHOUT_KEY = Pattern.compile(
            "(?i)\\b(?:worker|process|request|model) %|\\b(?:worker|workerId|pid|request|requestId|model)=");

    @Test
    void linesNameWhatTheyAreAboutByKeysOnly() throws IOException {
        try (Stream<Path> files = Files.walk(SOURCES)) {
            assertThat(files.filter(file -> file.toString().endsWith(".java")).flatMap(LogKeysTest::calls))
                    .hasSizeGreaterThan(50)
                    .filteredOn(call -> WITHOUT_KEY.matcher(call).find())
                    .isEmpty();
        }
    }

    @Test
    void everyKeyIsDocumented() throws IOException {
        List<String> documented = Pattern.compile("^\\| `(\\w+)` \\|", Pattern.MULTILINE)
                .matcher(Files.readString(Path.of("docs/reference/logging.md")))
                .results()
                .map(row -> row.group(1))
                .toList();
        assertThat(documented)
                .containsExactly(
                        Arrays.stream(LogKey.values()).map(LogKey::toString).toArray(String[]::new));
    }

    private static Stream<String> calls(Path file) {
        try {
            String text = Files.readString(file);
            return CALL.matcher(text).results().map(call -> file + ": " + call.group());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
