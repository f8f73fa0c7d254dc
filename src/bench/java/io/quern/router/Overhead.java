package io.quern.router;

import io.quern.bench.Service;
import io.quern.faults.StreamedAnswer;
import io.quern.faults.Times;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.TreeMap;

/** Compares the same streams sent to an engine directly and through the router, in turns. */
final class Overhead {
    private static final int[] STREAMS = {1, 16, 64};
    private static final int TOKENS = 100;

    private Overhead() {}

    private static final class Samples {
        final List<Double> firstText = new ArrayList<>();
        final List<Double> rates = new ArrayList<>();
    }

    static String table(Deployment deployment, int rounds) throws Exception {
        StringBuilder table = new StringBuilder("""
                | streams | path | first text, p50 | p99 | tokens/s |
                |---|---|---|---|---|
                """);
        try (Service engine = deployment.engine(1);
                Service roundRobin = deployment.routerTo(List.of(engine), "round_robin");
                Service cacheAware = deployment.routerTo(List.of(engine), "cache_aware");
                Clients clients = new Clients()) {
            TreeMap<String, Service> ways = new TreeMap<>();
            ways.put("direct", engine);
            ways.put("router, `cache_aware`", cacheAware);
            ways.put("router, `round_robin`", roundRobin);
            for (int streams : STREAMS) {
                TreeMap<String, Samples> measured = new TreeMap<>();
                int times = streams == 1 ? 10 * rounds : rounds;
                for (int round = -1; round < times; round++) {
                    List<String> order = new ArrayList<>(ways.keySet());
                    Collections.rotate(order, round);
                    for (String way : order) {
                        String name = "round %d by %s".formatted(round, way);
                        long begin = System.nanoTime();
                        List<StreamedAnswer> answers =
                                Clients.awaitAnswers(clients.submit(ways.get(way), name, streams, TOKENS));
                        double seconds = Times.millisSince(begin) / 1000;
                        if (round >= 0) { // the first round warms up
                            Samples samples = measured.computeIfAbsent(way, w -> new Samples());
                            answers.forEach(one -> samples.firstText.add(one.firstTextMillis()));
                            samples.rates.add(answers.stream()
                                            .mapToInt(one -> one.completionTokens)
                                            .sum()
                                    / seconds);
                        }
                    }
                }
                measured.forEach((way, samples) -> {
                    String row = "| %d | %s | %.1f ms | %.1f ms | %.0f |%n"
                            .formatted(
                                    streams,
                                    way,
                                    Times.percentile(samples.firstText, 0.5),
                                    Times.percentile(samples.firstText, 0.99),
                                    Times.percentile(samples.rates, 0.5));
                    System.out.print(row);
                    table.append(row);
                });
            }
        }
        return table.append('\n').toString();
    }
}
