package io.quern.gpu;

import io.quern.faults.Engine;
import io.quern.faults.Engine.WorkerNow;
import io.quern.faults.Kill;
import io.quern.faults.Processes;
import io.quern.faults.StreamRequest;
import io.quern.faults.StreamedAnswer;
import io.quern.faults.Times;
import io.quern.gpu.Stage.Wish;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/** Workers and engines that are lost while they compute. */
final class Losses {
    private static final int STREAMS = 8;
    private static final int TOKENS = 300;
    private static final int FEW_TOKENS = 80;
    private static final double MIDDLE = 0.4;
    private static final long PATIENCE_MILLIS = 15_000;

    /** What may be used besides after a worker has ended, in MiB: others' contexts come and go. */
    private static final double TOLERANCE = 64;

    private Losses() {}

    static void killWorker(Stage stage) throws Exception {
        Map<String, Path> models = new LinkedHashMap<>();
        models.put("random, Q4_0", stage.model("random-Q4_0"));
        if (stage.device()) {
            models.put("random, F16", stage.model("random-F16"));
        }
        models.put("demo (Q8_0)", null);
        List<Object[]> rows = new ArrayList<>();
        try {
            for (Map.Entry<String, Path> model : models.entrySet()) {
                for (String flash : stage.device() || model.getValue() == null ? List.of("on", "off") : List.of("on")) {
                    rows.add(kill(stage, model.getKey(), model.getValue(), flash));
                }
            }
        } finally {
            table(stage, rows);
        }
    }

    /** What there is, also where the time was not enough for all. */
    private static void table(Stage stage, List<Object[]> rows) {
        stage.report()
                .table(
                        "model",
                        "flash attention",
                        "8 streams again, undisturbed",
                        "each stream alone",
                        "kill -9 in the middle",
                        "longest pause, ms",
                        "memory back after, ms",
                        "worker ready again after, ms");
        stage.report().rows(rows);
        stage.report().line("");
        stage.note(
                "how many greedy texts equal those of the first run of 8 streams; for the others, the share of the text"
                        + " before the first difference (smallest, median)");
    }

    private static Object[] kill(Stage stage, String name, Path model, String flash) throws Exception {
        double empty = Serving.used(stage);
        int tokens = tokens(stage);
        List<StreamRequest> stories = StreamRequest.several(STREAMS, tokens, 0);
        try (Engine engine = stage.start(new Wish(stage.device() ? "auto" : "spawn", model, STREAMS, Serving.CONTEXT)
                .with(Map.of("QUERN_WORKER_FLASH_ATTENTION", flash)))) {
            Engine.ends(engine.begin("warm", stories));
            double full = Serving.used(stage);
            long begun = System.nanoTime();
            List<StreamedAnswer> first = Engine.ends(engine.begin("first", stories));
            double millis = Times.millisSince(begun);
            List<StreamedAnswer> again = Engine.ends(engine.begin("again", stories));
            List<StreamedAnswer> alone = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                alone.add(stories.get(i).tell(engine.service(), "alone-" + i));
            }
            List<Future<StreamedAnswer>> disturbed = engine.begin("disturbed", stories);
            Thread.sleep((long) (millis * MIDDLE));
            WorkerNow worker = engine.workers().getFirst();
            long killed = System.nanoTime();
            worker.kill();
            // from here on it is the next worker's that is used, so the least that was seen counts
            double[] least = {full};
            double back = stage.device()
                    ? Gpu.await(PATIENCE_MILLIS, () -> {
                        least[0] = Math.min(least[0], Serving.used(stage));
                        return least[0] <= empty + TOLERANCE;
                    })
                    : 0;
            engine.await("the worker is ready again", () -> engine.full(worker.pid()));
            double ready = Times.millisSince(killed);
            List<StreamedAnswer> ended = Engine.ends(disturbed);
            List<String> broken = new ArrayList<>();
            for (StreamedAnswer told : ended) {
                if (!told.whole() || told.completionTokens != tokens) {
                    broken.add(told.status + " " + told.completionTokens + " tokens " + told.shortError());
                }
            }
            stage.check(
                    broken.isEmpty(),
                    "%s, flash attention %s: all 8 streams complete after kill -9 of their worker%s",
                    name,
                    flash,
                    broken.isEmpty() ? "" : ": " + broken);
            if (stage.device()) {
                stage.check(
                        back >= 0,
                        "memory: %.0f MiB before the engine, %.0f with the worker, at least %.0f after its kill, %.0f with the"
                                + " next one",
                        empty,
                        full,
                        least[0],
                        Serving.used(stage));
            }
            double pause = ended.stream()
                    .mapToDouble(told -> told.longestPauseMillis(killed))
                    .max()
                    .orElse(0);
            Serving.warnings(stage, engine);
            return new Object[] {
                name,
                flash,
                compared(again, first),
                compared(alone, first.subList(0, alone.size())),
                compared(ended, first),
                "%.0f".formatted(pause),
                stage.device() ? "%.0f".formatted(back) : "no device",
                "%.0f".formatted(ready)
            };
        } finally {
            Serving.memoryBack(stage, empty);
        }
    }

    /** "6 of 8 identical; the others differ from 12% of the text on (median 40%)". */
    private static String compared(List<StreamedAnswer> answers, List<StreamedAnswer> with) {
        List<Double> shares = new ArrayList<>();
        for (int i = 0; i < answers.size(); i++) {
            CharSequence one = answers.get(i).text;
            CharSequence other = with.get(i).text;
            int same = 0;
            while (same < Math.min(one.length(), other.length()) && one.charAt(same) == other.charAt(same)) {
                same++;
            }
            if (same < Math.max(one.length(), other.length())) {
                shares.add(100.0 * same / Math.max(1, other.length()));
            }
        }
        String told = "%d of %d identical".formatted(answers.size() - shares.size(), answers.size());
        return shares.isEmpty()
                ? told
                : told
                        + "; first difference at %.0f%%, median %.0f%%"
                                .formatted(Times.percentile(shares, 0), Times.percentile(shares, 0.5));
    }

    static void twoWorkers(Stage stage) throws Exception {
        double empty = Serving.used(stage);
        int tokens = tokens(stage);
        List<StreamRequest> stories = StreamRequest.several(2 * STREAMS, tokens, 0);
        String method = stage.device() ? "auto" : "forkserver";
        Engine engine =
                stage.start(new Wish(method, stage.model("random-Q4_0"), 2 * STREAMS, Serving.CONTEXT).workers(2));
        try {
            stage.note("memory with two workers: %.0f MiB, %.0f before", Serving.used(stage), empty);
            Engine.ends(engine.begin("warm", stories));
            long begun = System.nanoTime();
            Engine.ends(engine.begin("undisturbed", stories));
            double millis = Times.millisSince(begun);
            List<Future<StreamedAnswer>> disturbed = engine.begin("stopped", stories);
            Thread.sleep((long) (millis * MIDDLE));
            WorkerNow victim = engine.workers().stream()
                    .filter(worker -> worker.busySlots() > 0)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("all streams were over"));
            long stopped = System.nanoTime();
            Kill.stop(victim.pid());
            engine.await("the stopped worker is replaced", () -> engine.full(victim.pid()));
            stage.note("SIGSTOP: found, killed and replaced after %.0f ms", Times.millisSince(stopped));
            List<StreamedAnswer> ended = Engine.ends(disturbed);
            long whole = ended.stream()
                    .filter(told -> told.whole() && told.completionTokens == tokens)
                    .count();
            stage.check(
                    whole == ended.size(),
                    "SIGSTOP of one of two workers: %d of %d streams completed",
                    whole,
                    ended.size());
            stage.note(
                    "the longest pause of a stream: %.0f ms",
                    ended.stream()
                            .mapToDouble(told -> told.longestPauseMillis(stopped))
                            .max()
                            .orElse(0));
            Serving.warnings(stage, engine);

            engine.begin("killed", stories);
            Thread.sleep((long) (millis * MIDDLE));
            stage.note("before kill -9 of the engine: %s", Processes.of(stage.home()));
            engine.itself().destroyForcibly();
            long killed = System.nanoTime();
            double gone = Gpu.await(PATIENCE_MILLIS, () -> left(stage).isEmpty());
            stage.check(gone >= 0, "kill -9 of the engine: no process is left after %.0f ms: %s", gone, left(stage));
            if (stage.device()) {
                double back = Gpu.await(PATIENCE_MILLIS, () -> Serving.used(stage) <= empty + TOLERANCE);
                stage.check(
                        back >= 0,
                        "its workers' GPU memory is back %.0f ms after the kill: %.0f MiB, %.0f before",
                        Times.millisSince(killed),
                        Serving.used(stage),
                        empty);
            }
        } finally {
            engine.close();
        }
    }

    private static int tokens(Stage stage) {
        return stage.device() ? TOKENS : FEW_TOKENS;
    }

    private static List<String> left(Stage stage) {
        try {
            return Processes.of(stage.home());
        } catch (IOException e) {
            return List.of(e.toString());
        }
    }
}
