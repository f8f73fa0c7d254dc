package io.quern.bench;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Measures the time from the start of a process to the first token of its first answer. */
final class Start {
    private static final Duration POLL = Duration.ofMillis(5);

    private Start() {}

    /**
     * Starts Quern once and leaves it time for what only a first start does (unpacking, recording class caches), so
     * that later measurements are those of ordinary starts.
     */
    static void warm(Service.Kind quern) {
        try (Service service = Service.start(quern, null, 1, 512)) {
            long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (System.nanoTime() < until && service.processes().size() > 2) {
                Thread.sleep(200);
            }
            Thread.sleep(3000);
        } catch (InterruptedException e) {
            throw new IllegalStateException(e);
        }
    }

    static String table(Service.Kind quern, Optional<Service.Kind> peer, Map.Entry<String, Path> model, int starts) {
        List<Double> demo = new ArrayList<>();
        List<Double> ours = new ArrayList<>();
        List<Double> theirs = new ArrayList<>();
        for (int i = 0; i < starts; i++) {
            demo.add(seconds(quern, null));
            ours.add(seconds(quern, model.getValue()));
            peer.ifPresent(other -> theirs.add(seconds(other, model.getValue())));
        }
        String table = """
                #### From start to first token (median of %d)

                | | demo model | %s |
                |---|---|---|
                | Quern | %.2f s | %.2f s |
                """.formatted(starts, model.getKey(), Figures.median(demo), Figures.median(ours));
        return table
                + peer.map(other -> "| %s | | %.2f s |\n".formatted(other.title(), Figures.median(theirs)))
                        .orElse("")
                + "\n";
    }

    private static double seconds(Service.Kind kind, Path model) {
        try (Service service = Service.launch(kind, model, 4, 512)) {
            double seconds = service.firstToken(POLL).toNanos() / 1e9;
            System.out.printf("%s started to first token: %.2f s%n", kind.title(), seconds);
            return seconds;
        }
    }
}
