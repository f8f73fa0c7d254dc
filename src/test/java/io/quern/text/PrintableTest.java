package io.quern.text;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

class PrintableTest {

    @Test
    void lettersOfAllScriptsStayUnchanged() {
        String text = "Größe 你好 שלום 🌧 \\u001b <b> 100%";
        assertThat(Printable.line(text)).isSameAs(text);
        assertThat(Printable.lines(text)).isSameAs(text);
    }

    @Test
    void charactersThatTerminalsObeyBecomeVisible() {
        assertThat(Printable.line("\u001b[2Ja\u009b31mb\u007f\0\u0007c"))
                .isEqualTo("\\u001b[2Ja\\u009b31mb\\u007f\\u0000\\u0007c");
        assertThat(Printable.line("a\u202eb\u2066c\u2028d")).isEqualTo("a\\u202eb\\u2066c\\u2028d");
    }

    @Test
    void lineBreaksBecomeVisibleInOneLine() {
        assertThat(Printable.line("a\r\nb\tc")).isEqualTo("a\\r\\nb\\tc");
    }

    @Test
    void furtherLinesAreIndented() {
        assertThat(Printable.lines("a\nINFO b\r\n  c\n\td\ne\rf\n")).isEqualTo("a\n  INFO b\n  c\n\td\n  e\\rf\n");
    }

    @Test
    void noTextKeepsCharactersThatTerminalsObey() {
        Random random = new Random(12);
        for (int round = 0; round < 20_000; round++) {
            StringBuilder text = new StringBuilder();
            for (int i = random.nextInt(20); i > 0; i--) {
                text.append((char) random.nextInt(random.nextBoolean() ? 0x100 : 0x10000));
            }
            assertThat(Printable.line(text.toString()))
                    .doesNotMatch("(?s).*[\\p{Cntrl}\u0080-\u009f\u202a-\u202e\u2066-\u2069].*");
            assertThat(Printable.lines(text.toString()).replaceAll("[\\t\\n]", ""))
                    .doesNotMatch("(?s).*[\\p{Cntrl}\u0080-\u009f\u202a-\u202e\u2066-\u2069].*");
        }
    }
}
