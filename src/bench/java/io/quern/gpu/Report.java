package io.quern.gpu;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.List;

/** The report, a page of Markdown. Each line is in the file as soon as it is known. Thread-safe. */
final class Report {
    private final Path file;
    private final long started = System.nanoTime();

    Report(Path file) {
        this.file = file;
    }

    synchronized void line(String format, Object... values) {
        String text = values.length == 0 ? format : format.formatted(values);
        try {
            Files.writeString(file, text + "\n", StandardOpenOption.CREATE, StandardOpenOption.APPEND);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        System.out.printf("%6.1f %s%n", seconds(), text);
    }

    void heading(String title) {
        line("");
        line("## " + title);
        line("");
    }

    /** Writes text unchanged, such as the output of a program. */
    void block(String text) {
        line("```");
        line(text.strip().replace("```", "'''").replace("%", "%%").formatted());
        line("```");
    }

    void row(Object... cells) {
        StringBuilder row = new StringBuilder("|");
        for (Object cell : cells) {
            row.append(' ')
                    .append(String.valueOf(cell).replace("|", "\\|").replace("\n", " "))
                    .append(" |");
        }
        line("%s", row);
    }

    /** Writes the head of a table after an empty line. */
    void table(String... titles) {
        line("");
        row((Object[]) titles);
        line("|" + "---|".repeat(titles.length));
    }

    void rows(List<Object[]> rows) {
        rows.forEach(this::row);
    }

    /** Returns the seconds since the run began. */
    double seconds() {
        return (System.nanoTime() - started) / 1e9;
    }
}
