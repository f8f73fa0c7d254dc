package io.quern.bench;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** Measures tokens per second and time to first token of the whole service with more and more streams. */
final class Throughput {
    private static final int[] STREAMS = {1, 4, 8, 16, 64};
    private static final int CONTEXT = 512;

    private Throughput() {}

    private record Measured(double tokensPerSecond, double timeToFirstTokenMillis) {}

    /**
     * Runs both services at once and measures them in turns, each while the other is idle. So a busy spell of the
     * machine affects both.
     */
    static String table(Service.Kind quern, Service.Kind peer, String name, Path model, int rounds) {
        StringBuilder table = new StringBuilder("""
                ### %s: tokens per second through the whole service

                | streams | Quern | %s | ratio | time to first token, Quern | %s |
                |---|---|---|---|---|---|
                """.formatted(name, peer.title(), peer.title()));
        for (int streams : STREAMS) {
            int tokens = streams <= 8 ? 128 : 64;
            List<Measured> ours = new ArrayList<>();
            List<Measured> theirs = new ArrayList<>();
            List<Double> ratios = new ArrayList<>();
            try (Service first = Service.start(quern, model, streams, CONTEXT);
                    Service second = Service.start(peer, model, streams, CONTEXT)) {
                Load.run(first, streams, 8, -1);
                Load.run(second, streams, 8, -1);
                for (int round = 0; round < rounds; round++) {
                    ours.add(measure(first, streams, tokens, round));
                    theirs.add(measure(second, streams, tokens, round));
                    ratios.add(ours.getLast().tokensPerSecond / theirs.getLast().tokensPerSecond);
                }
            }
            String row = "| %d | %.0f | %.0f | %.2f | %.0f ms | %.0f ms |\n"
                    .formatted(
                            streams,
                            median(ours, true),
                            median(theirs, true),
                            Figures.median(ratios),
                            median(ours, false),
                            median(theirs, false));
            System.out.print(name + " " + row);
            table.append(row);
        }
        return table.append('\n').toString();
    }

    private static Measured measure(Service service, int streams, int tokens, int round) {
        List<Answer> answers = Load.run(service, streams, tokens, round);
        return new Measured(Load.tokensPerSecond(answers), Load.medianTimeToFirstTokenMillis(answers));
    }

    private static double median(List<Measured> measured, boolean speed) {
        return Figures.median(measured.stream()
                .map(m -> speed ? m.tokensPerSecond : m.timeToFirstTokenMillis)
                .toList());
    }
}
