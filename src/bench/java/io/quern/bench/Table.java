package io.quern.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * A table of a Markdown page.
 *
 * @param title the heading above it, or "" if it has none of its own
 * @param header the cells of its first line
 * @param rows the cells of the other lines
 */
record Table(String title, List<String> header, List<List<String>> rows) {
    private static final Pattern RULE = Pattern.compile("\\|(?:-+\\|)+");
    private static final Pattern NUMBER = Pattern.compile("-?\\d+(?:\\.\\d+)?");

    /** Returns all tables of a text in their order. */
    static List<Table> of(String text) {
        List<Table> tables = new ArrayList<>();
        String title = "";
        String before = "";
        Table open = null;
        for (String line : (Iterable<String>) text.lines()::iterator) {
            if (line.startsWith("#")) {
                title = line.replaceFirst("#+ *", "");
            } else if (RULE.matcher(line).matches()) {
                open = new Table(title, cells(before), new ArrayList<>());
                tables.add(open);
                title = "";
            } else if (!line.startsWith("|")) {
                open = null;
            } else if (open != null) {
                open.rows.add(cells(line));
            }
            before = line;
        }
        return tables;
    }

    private static List<String> cells(String line) {
        return Arrays.stream(line.substring(1, line.lastIndexOf('|')).split("\\|", -1))
                .map(String::strip)
                .toList();
    }

    /** Returns the columns whose names end like this, such as with a unit. */
    List<String> columns(String end) {
        return header.stream().filter(name -> name.endsWith(end)).toList();
    }

    Stream<String> texts(String column) {
        return rows.stream().map(row -> row.get(index(column)));
    }

    /** Returns the numbers at the beginning of the cells of a column, and NaN for each cell without one. */
    List<Double> numbers(String column) {
        return texts(column).map(Table::number).toList();
    }

    static double number(String cell) {
        Matcher number = NUMBER.matcher(cell);
        return number.lookingAt() ? Double.parseDouble(number.group()) : Double.NaN;
    }

    private int index(String column) {
        int index = header.indexOf(column);
        if (index < 0) {
            throw new IllegalArgumentException("the table has no column '" + column + "': " + header);
        }
        return index;
    }
}
