package io.quern.bench;

import io.quern.bench.Chart.Panel;
import io.quern.bench.Chart.Series;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * Draws the tables that the benches have written into a page. Each chart is a file in the folder {@code charts} beside
 * the page, and the page shows it above its tables. So a chart always shows what its table says, and drawing it again
 * measures nothing. Argument: the page.
 */
public final class Charts {
    private static final String FOLDER = "charts";
    private static final Pattern DATE = Pattern.compile("\\d{4}-\\d{2}-\\d{2}");
    private static final Pattern MACHINE = Pattern.compile("The machine:\\s+([^,]+,[^,.]+)");
    private static final Pattern STREAMS = Pattern.compile("(\\d+) streams?");

    /**
     * How to draw the tables between two marks of the page.
     *
     * @param name the name of the marks and of the file
     */
    private record Drawing(String name, String title, Function<List<Table>, List<Panel>> panels) {}

    private static final List<Drawing> DRAWINGS = List.of(
            new Drawing("throughput-amx", "Tokens per second, on a processor with AMX", Charts::throughput),
            new Drawing("throughput-other", "Tokens per second, on a processor without AMX", Charts::throughput),
            new Drawing("pacing", "Time between two tokens of running streams, p99", Charts::pacing),
            new Drawing("start-methods", "Start and memory of workers", Charts::startMethods),
            new Drawing("gpu", "Tokens per second on a GPU", Charts::gpu),
            new Drawing("packagings", "Start and memory of the engine", Charts::packagings));

    private Charts() {}

    public static void main(String[] args) throws IOException {
        draw(new Page(Path.of(args[0])));
    }

    /** Draws all tables of the page that have a chart. The page refers to the charts afterwards. */
    public static void draw(Page page) throws IOException {
        for (Drawing drawing : DRAWINGS) {
            Optional<String> text = page.read(drawing.name());
            List<Table> tables = text.map(Table::of).orElse(List.of());
            if (tables.isEmpty()) {
                continue;
            }
            Chart chart = new Chart(
                    drawing.title(), subtitle(text.get()), drawing.panels().apply(tables));
            Path file = page.file().resolveSibling(FOLDER).resolve(drawing.name() + ".svg");
            Files.createDirectories(file.getParent());
            Files.writeString(file, chart.svg());
            String tablesOnly =
                    text.get().lines().filter(line -> !line.startsWith("![")).collect(Collectors.joining("\n"));
            page.write(
                    drawing.name(),
                    "![%s: bars; the tables below have the figures](%s/%s.svg)\n\n%s\n\n"
                            .formatted(drawing.title(), FOLDER, drawing.name(), tablesOnly.strip()));
            System.out.println("drew " + file);
        }
    }

    private static String subtitle(String text) {
        return first(MACHINE, text, 1) + "; measured on " + first(DATE, text, 0);
    }

    private static String first(Pattern pattern, String text, int group) {
        Matcher matcher = pattern.matcher(text);
        if (!matcher.find()) {
            throw new IllegalArgumentException("no '" + pattern + "' in: " + text);
        }
        return matcher.group(group);
    }

    private static List<Panel> throughput(List<Table> tables) {
        return tables.stream()
                .map(table -> new Panel(
                        table.title(),
                        table.texts("streams").toList(),
                        "streams",
                        "tokens/s",
                        columns(table, ", tokens/s")))
                .toList();
    }

    private static List<Panel> pacing(List<Table> tables) {
        return tables.stream()
                .map(table -> {
                    List<String> categories = new ArrayList<>();
                    table.rows().forEach(row -> categories.add(row.get(0) + ", " + row.get(1)));
                    return new Panel(
                            table.title(), categories, "server, prompts at once", "ms", columns(table, ": p99, ms"));
                })
                .toList();
    }

    private static List<Panel> startMethods(List<Table> tables) {
        Table table = tables.getFirst();
        return List.of(
                byMethod(table, "ready, ms", "From launch until ready", "ms"),
                byMethod(table, "together, MiB", "Memory of four workers and their launcher", "MiB"));
    }

    private static Panel byMethod(Table table, String column, String title, String unit) {
        List<String> models = table.texts("model").distinct().toList();
        List<Series> series = table.texts("start method")
                .distinct()
                .map(method -> new Series(
                        method,
                        models.stream()
                                .map(model -> value(table, column, model, method))
                                .toList()))
                .toList();
        return new Panel(title, models, "model", unit, series);
    }

    private static double value(Table table, String column, String model, String method) {
        List<Double> values = table.numbers(column);
        for (int i = 0; i < values.size(); i++) {
            if (table.rows().get(i).get(0).equals(model)
                    && table.rows().get(i).get(1).equals(method)) {
                return values.get(i);
            }
        }
        return Double.NaN;
    }

    private static List<Panel> gpu(List<Table> tables) {
        Table table = tables.getFirst();
        List<String> columns =
                table.header().stream().filter(STREAMS.asMatchPredicate()).toList();
        List<Series> servers = table.rows().stream()
                .map(row -> new Series(
                        row.getFirst(),
                        columns.stream()
                                .map(column ->
                                        Table.number(row.get(table.header().indexOf(column))))
                                .toList()))
                .toList();
        List<String> streams =
                columns.stream().map(column -> first(STREAMS, column, 1)).toList();
        return List.of(new Panel("1B, Q4_0, random weights", streams, "streams", "tokens/s", servers));
    }

    private static List<Panel> packagings(List<Table> tables) {
        Table table = tables.getFirst();
        List<String> packagings = table.texts("packaging").toList();
        return List.of(
                new Panel("From start until the engine answers", packagings, "packaging", "ms", columns(table, ", ms")),
                new Panel(
                        "Resident memory of the engine afterwards",
                        packagings,
                        "packaging",
                        "MiB",
                        List.of(new Series(
                                "resident", table.numbers(table.columns(", MiB").getFirst())))));
    }

    /** Returns the columns of one unit as series, named without it. */
    private static List<Series> columns(Table table, String unit) {
        return table.columns(unit).stream()
                .map(column -> new Series(column.substring(0, column.length() - unit.length()), table.numbers(column)))
                .toList();
    }
}
