package io.quern.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import org.junit.jupiter.api.Test;

class OutputTest {
    private final StringWriter out = new StringWriter();
    private final Output plain = new Output(false, false, new PrintWriter(out), new PrintWriter(out));
    private final Output coloured = new Output(false, true, new PrintWriter(out), new PrintWriter(out));

    @Test
    void foreignTextCannotControlTheTerminal() {
        plain.line("model \u001b[2J\u001b[31m" + plain.bold("a\nb\u001b]0;title\u0007"));
        coloured.line(coloured.bold("c\u001b[2J") + " \u001b[5A");
        coloured.text("token\r\nnext\u001b[2J");
        assertThat(out.toString())
                .isEqualTo("model \\u001b[2J\\u001b[31ma\\nb\\u001b]0;title\\u0007\n"
                        + "\u001b[1mc\\u001b[2J\u001b[0m \\u001b[5A\n"
                        + "token\\r\nnext\\u001b[2J");
    }

    @Test
    void tableAlignsItsColumns() {
        plain.table(
                List.of("NAME", "SIZE"), List.of(List.of("demo", "3 MB"), List.of("a @|bold longer|@ name", "1 GB")));
        assertThat(out.toString().lines())
                .containsExactly(
                        "NAME                    SIZE", "demo                    3 MB", "a @|bold longer|@ name  1 GB");
    }
}
