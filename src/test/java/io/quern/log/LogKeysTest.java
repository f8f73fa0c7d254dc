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

/** Checks that the log lines of all packages use the keys in docs/reference/logging.md. */
class LogKeysTest {
    private static final Path SOURCES = Path.of("src/main/java/io/quern");

    /** A whole call of a logger. */
    private static final Pattern CALL = Pattern.compile("\\bLOG\\s*\\.(?:[^;\"]|\"(?:[^\"\\\\]|\\\\.)*\")*;");

    /** A message that names a worker, process, request or model itself. */
    private static final Pattern WITHOUT_KEY = Pattern.compile(
            "(?i)\\b(?:worker|process|request|model) %|\\b(?:worker|workerId|pid|request|requestId|model)=");

    @Test
    void linesNameTheirSubjectByKeysOnly() throws IOException {
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
