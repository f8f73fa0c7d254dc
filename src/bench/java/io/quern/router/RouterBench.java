package io.quern.router;

import io.quern.bench.Machine;
import io.quern.bench.Page;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures and ends with the tables. Arguments: {@code --jar=}, {@code --homes=} (an empty folder), {@code --router=} (vLLM's),
 * {@code --rounds=}, {@code --page=}.
 */
final class RouterBench {
    /** What is quick to notice. */
    private static final List<String> QUICK = List.of(
            "--health-check-interval-secs", "2",
            "--health-failure-threshold", "1",
            "--health-success-threshold", "1",
            "--cb-timeout-duration-secs", "2",
            "--cb-success-threshold", "1");

    private RouterBench() {}

    public static void main(String[] args) throws Exception {
        Map<String, String> given = new HashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            given.put(parts[0], parts.length == 1 ? "" : parts[1]);
        }
        Deployment house = new Deployment(
                Path.of(given.get("--jar")), Path.of(given.get("--homes")), Path.of(given.get("--router")));
        StringBuilder page = new StringBuilder(Machine.measured(1));
        page.append(Spread.table(house));
        page.append(Overhead.table(house, Integer.parseInt(given.getOrDefault("--rounds", "5"))));
        page.append(endings(house, true));
        page.append(endings(house, false));
        System.out.println("\n" + page);
        if (given.get("--page") != null) {
            new Page(Path.of(given.get("--page"))).write("router", page.toString());
        }
        System.exit(0);
    }

    private static String endings(Deployment house, boolean killed) throws Exception {
        Map<String, String> usual = new Ending(killed, List.of()).figures(house);
        Map<String, String> quick = new Ending(killed, QUICK).figures(house);
        StringBuilder table = new StringBuilder("| %s | router's defaults | quick options |%n|---|---|---|%n"
                .formatted(killed ? "`kill -9` of an engine" : "SIGTERM to an engine"));
        usual.forEach((what, figure) -> table.append("| %s | %s | %s |%n".formatted(what, figure, quick.get(what))));
        System.out.print(table);
        return table.append('\n').toString();
    }
}
