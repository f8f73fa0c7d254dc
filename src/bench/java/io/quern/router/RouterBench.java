package io.quern.router;

import io.quern.bench.Machine;
import io.quern.bench.Page;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Measures two engines with vLLM's router and prints the tables. Arguments: {@code --jar=}, {@code --homes=} (an empty
 * folder), {@code --router=} (the script of vLLM's router), {@code --rounds=}, {@code --page=}.
 */
final class RouterBench {
    /** Options with which the router notices an ended and a restarted engine quickly. */
    private static final List<String> QUICK = List.of(
            "--health-check-interval-secs", "2",
            "--health-failure-threshold", "1",
            "--health-success-threshold", "1",
            "--cb-timeout-duration-secs", "2",
            "--cb-success-threshold", "1");

    private RouterBench() {}

    public static void main(String[] args) throws Exception {
        Map<String, String> options = new HashMap<>();
        for (String argument : args) {
            String[] parts = argument.split("=", 2);
            options.put(parts[0], parts.length == 1 ? "" : parts[1]);
        }
        Deployment deployment = new Deployment(
                Path.of(options.get("--jar")), Path.of(options.get("--homes")), Path.of(options.get("--router")));
        StringBuilder page = new StringBuilder(Machine.measured(1));
        page.append(Spread.table(deployment));
        page.append(Overhead.table(deployment, Integer.parseInt(options.getOrDefault("--rounds", "5"))));
        page.append(lossTable(deployment, true));
        page.append(lossTable(deployment, false));
        System.out.println("\n" + page);
        if (options.get("--page") != null) {
            new Page(Path.of(options.get("--page"))).write("router", page.toString());
        }
        System.exit(0);
    }

    private static String lossTable(Deployment deployment, boolean killed) throws Exception {
        Map<String, String> usual = new EngineLoss(killed, List.of()).figures(deployment);
        Map<String, String> quick = new EngineLoss(killed, QUICK).figures(deployment);
        StringBuilder table = new StringBuilder("| %s | router's defaults | quick options |%n|---|---|---|%n"
                .formatted(killed ? "`kill -9` of an engine" : "SIGTERM to an engine"));
        usual.forEach((what, figure) -> table.append("| %s | %s | %s |%n".formatted(what, figure, quick.get(what))));
        System.out.print(table);
        return table.append('\n').toString();
    }
}
