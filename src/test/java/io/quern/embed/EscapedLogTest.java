package io.quern.embed;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.logging.Level;
import org.jboss.logmanager.ExtLogRecord;
import org.jboss.logmanager.formatters.ColorPatternFormatter;
import org.jboss.logmanager.formatters.PatternFormatter;
import org.junit.jupiter.api.Test;

class EscapedLogTest {
    private static final String ESCAPE = "\u001b";

    private final EscapedLog.Escaping plain =
            new EscapedLog.Escaping(new PatternFormatter("%p [%c] %s%e%n"), any -> true);

    @Test
    void controlCharactersInEntryBecomeVisible() {
        assertThat(plain.format(
                        entry("io.quern.model.X", "model=%s chats will be refused", ESCAPE + "[2Jx\nINFO forged")))
                .isEqualTo("WARN [io.quern.model.X] model=\\u001b[2Jx\\nINFO forged chats will be refused\n");
    }

    @Test
    void furtherLinesAreIndented() {
        assertThat(plain.format(entry("io.vertx.X", "%s", "a\nINFO b" + ESCAPE)))
                .isEqualTo("WARN [io.vertx.X] a\n  INFO b\\u001b\n");
    }

    @Test
    void exceptionMessagesAreEscaped() {
        ExtLogRecord entry = entry("io.quern.X", "failed%s", "");
        Exception cause = new IllegalStateException("cause " + ESCAPE + "c");
        Exception thrown = new IllegalArgumentException("outer\n2026 INFO forged", cause);
        thrown.addSuppressed(new Exception("suppressed\u009b"));
        entry.setThrown(thrown);

        assertThat(plain.format(entry))
                .contains("java.lang.IllegalArgumentException: outer\n  2026 INFO forged\n")
                .contains("Caused by: java.lang.IllegalStateException: cause \\u001bc")
                .contains("Suppressed: java.lang.Exception: suppressed\\u009b")
                .contains("at io.quern.embed.EscapedLogTest.exceptionMessagesAreEscaped")
                .doesNotContain(ESCAPE);
    }

    @Test
    void printableExceptionStaysTheSame() {
        Exception thrown = new Exception("plain");
        thrown.initCause(new Exception("a cycle", thrown));
        assertThat(EscapedThrowable.of(thrown)).isSameAs(thrown);
        assertThat(EscapedThrowable.of(null)).isNull();
    }

    @Test
    void coloursOfFormatterStay() {
        var colours = new EscapedLog.Escaping(new ColorPatternFormatter("%p %s%n"), any -> true);
        assertThat(colours.format(entry("io.quern.X", "%s", "x" + ESCAPE + "[31m")))
                .contains(ESCAPE + "[")
                .contains("x\\u001b[31m");
    }

    @Test
    void entriesOfEmbeddingApplicationStayUnchanged() {
        var own = new EscapedLog.Escaping(new PatternFormatter("%s"), name -> name.startsWith("io.quern."));
        assertThat(own.format(entry("org.example.X", "%s", "a\nb" + ESCAPE))).isEqualTo("a\nb" + ESCAPE);
    }

    private static ExtLogRecord entry(String logger, String format, String value) {
        ExtLogRecord entry = new ExtLogRecord(
                Level.WARNING, format, ExtLogRecord.FormatStyle.PRINTF, EscapedLogTest.class.getName());
        entry.setLevel(org.jboss.logmanager.Level.WARN);
        entry.setParameters(new Object[] {value});
        entry.setLoggerName(logger);
        return entry;
    }
}
