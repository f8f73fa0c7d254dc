package io.quern.cli;

import io.quern.ops.OpsJson;
import io.quern.text.Printable;
import java.io.PrintWriter;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.Help.Column;
import picocli.CommandLine.Help.TextTable;

/**
 * What a command prints: text for people, in colour on a terminal, or one JSON document for a program. It escapes
 * everything that would control the terminal, except the colours of its own style methods.
 *
 * @param json whether the user asked for JSON; then a command calls only {@link #write}
 * @param colour whether the style methods add colours
 * @param out standard output
 * @param err standard error, for messages and progress
 */
record Output(boolean json, boolean colour, PrintWriter out, PrintWriter err) {
    private static final String RESET = "\u001b[0m";
    private static final Pattern STYLE = Pattern.compile("\u001b\\[(?:0|1|2|31|32|33|36)m");

    /** Widest cell. Longer ones are wrapped. */
    private static final int CELL_WIDTH = 120;

    private static final int GAP = 2;

    static Output of(CommandLine command, boolean json) {
        return new Output(json, !json && Streams.OUT.isColoured(), command.getOut(), command.getErr());
    }

    /** Prints one line. Line breaks in the text become visible. */
    void line(String text) {
        out.println(escape(text));
        out.flush();
    }

    void line() {
        out.println();
        out.flush();
    }

    /** Prints text without a line break, such as a token of an answer. Its line breaks pass. */
    void text(String text) {
        String[] lines = text.split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            out.print((i == 0 ? "" : "\n") + Printable.line(lines[i]));
        }
        out.flush();
    }

    /** Prints a record as JSON: indented, with enums in lower case and times in ISO 8601. */
    void write(Object view) {
        out.print(OpsJson.write(view));
        out.flush();
    }

    /** Prints a message for the user on standard error, which does not disturb a program that reads the output. */
    void note(String text) {
        err.println(Printable.lines(text));
        err.flush();
    }

    /** Prints a table with a bold header. Columns are as wide as their longest cell. */
    void table(List<String> header, List<List<String>> rows) {
        int[] widths = new int[header.size()];
        for (int i = 0; i < widths.length; i++) {
            int column = i;
            widths[i] = Math.max(
                    header.get(i).length(),
                    rows.stream()
                            .mapToInt(row -> Printable.line(row.get(column)).length())
                            .max()
                            .orElse(0));
        }
        Ansi ansi = colour ? Ansi.ON : Ansi.OFF;
        TextTable table = TextTable.forColumns(
                Help.defaultColorScheme(ansi),
                Arrays.stream(widths)
                        .mapToObj(width -> new Column(Math.min(width, CELL_WIDTH) + GAP, 0, Column.Overflow.WRAP))
                        .toArray(Column[]::new));
        table.addRowValues(header.stream()
                .map(name -> Help.defaultColorScheme(ansi).apply(name, List.of(Help.Ansi.Style.bold)))
                .toArray(Help.Ansi.Text[]::new));
        for (List<String> row : rows) {
            // not by a string: its "@|" would be markup
            table.addRowValues(row.stream()
                    .map(cell -> Help.defaultColorScheme(ansi).apply(Printable.line(cell), List.of()))
                    .toArray(Help.Ansi.Text[]::new));
        }
        out.print(table.toString());
        out.flush();
    }

    String bold(String text) {
        return styled("\u001b[1m", text);
    }

    /** For what matters less. */
    String faint(String text) {
        return styled("\u001b[2m", text);
    }

    String good(String text) {
        return styled("\u001b[32m", text);
    }

    String warning(String text) {
        return styled("\u001b[33m", text);
    }

    String bad(String text) {
        return styled("\u001b[31m", text);
    }

    /** For what the user may type or name. */
    String name(String text) {
        return styled("\u001b[36m", text);
    }

    private String styled(String style, String text) {
        String safe = Printable.line(text);
        return colour ? style + safe + RESET : safe;
    }

    private String escape(String text) {
        if (!colour) {
            return Printable.line(text);
        }
        StringBuilder line = new StringBuilder();
        Matcher style = STYLE.matcher(text);
        int from = 0;
        while (style.find()) {
            line.append(Printable.line(text.substring(from, style.start()))).append(style.group());
            from = style.end();
        }
        return line.append(Printable.line(text.substring(from))).toString();
    }
}
