package io.quern.gpu;

import io.quern.faults.Engine;
import io.quern.faults.Engine.WorkerView;
import io.quern.faults.Processes;
import io.quern.faults.Signals;
import io.quern.faults.StreamRequest;
import io.quern.faults.StreamedAnswer;
import io.quern.faults.Times;
import io.quern.gpu.TestBed.EngineSettings;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;

/** Kills and stops workers and engines while they compute. */
final class Losses {
    private static final int STREAMS = 8;
    private static final int TOKENS = 300;
    private static final int LONG_TOKENS = 460;
    private static final int FEW_TOKENS = 80;
    private static final double MIDDLE = 0.4;
    private static final long TIMEOUT_MILLIS = 15_000;

    private Losses() {}

    static void killWorker(TestBed testBed) throws Exception {
        Map<String, Path> models = new LinkedHashMap<>();
        models.put("random, Q4_0", testBed.model("random-Q4_0"));
        if (testBed.device()) {
            models.put("random, F16", testBed.model("random-F16"));
        }
        models.put("demo (Q8_0)", null);
        List<Object[]> rows = new ArrayList<>();
        try {
            for (Map.Entry<String, Path> model : models.entrySet()) {
                for (String flash :
                        testBed.device() || model.getValue() == null ? List.of("on", "off") : List.of("on")) {
                    rows.add(kill(testBed, model.getKey(), model.getValue(), flash));
                }
            }
        } finally {
            table(testBed, rows);
        }
    }

    /** Writes the rows that were measured, even if the time ended before the last. */
    private static void table(TestBed testBed, List<Object[]> rows) {
        testBed.report()
                .table(
                        "model",
                        "flash attention",
                        "8 streams again, undisturbed",
                        "each stream alone",
                        "kill -9 in the middle",
                        "longest pause, ms",
                        "memory free after, ms",
                        "worker ready again after, ms");
        testBed.report().rows(rows);
        testBed.report().line("");
        testBed.note(
                "how many greedy texts equal those of the first run of 8 streams; for the others, the share of the text"
                        + " before the first difference (smallest, median)");
    }

    private static Object[] kill(TestBed testBed, String name, Path model, String flash) throws Exception {
        double empty = Serving.used(testBed);
        int tokens = tokens(testBed);
        List<StreamRequest> requests = StreamRequest.several(STREAMS, tokens, 0);
        try (Engine engine =
                testBed.start(new EngineSettings(testBed.device() ? "auto" : "spawn", model, STREAMS, Serving.CONTEXT)
                        .with(Map.of("QUERN_WORKER_FLASH_ATTENTION", flash)))) {
            Engine.awaitAnswers(engine.submit("warm", requests));
            double full = Serving.used(testBed);
            long started = System.nanoTime();
            List<StreamedAnswer> first = Engine.awaitAnswers(engine.submit("first", requests));
            double millis = Times.millisSince(started);
            List<StreamedAnswer> again = Engine.awaitAnswers(engine.submit("again", requests));
            List<StreamedAnswer> alone = new ArrayList<>();
            for (int i = 0; i < 3; i++) {
                alone.add(requests.get(i).send(engine.service(), "alone-" + i));
            }
            List<Future<StreamedAnswer>> disturbed = engine.submit("disturbed", requests);
            Thread.sleep((long) (millis * MIDDLE));
            WorkerView worker = engine.workers().getFirst();
            long killed = System.nanoTime();
            worker.kill();
            // From here on the next worker uses memory too, so the smallest value counts.
            double[] least = {full};
            double back = testBed.device()
                    ? Gpu.await(TIMEOUT_MILLIS, () -> {
                        least[0] = Math.min(least[0], Serving.used(testBed));
                        return least[0] <= empty + Gpu.TOLERANCE;
                    })
                    : 0;
            engine.await("the worker is ready again", () -> engine.allReady(worker.pid()));
            double ready = Times.millisSince(killed);
            List<StreamedAnswer> ended = Engine.awaitAnswers(disturbed);
            List<String> broken = new ArrayList<>();
            for (StreamedAnswer answer : ended) {
                if (!answer.isComplete() || answer.completionTokens != tokens) {
                    broken.add(answer.status + " " + answer.completionTokens + " tokens " + answer.shortError());
                }
            }
            testBed.check(
                    broken.isEmpty(),
                    "%s, flash attention %s: all 8 streams complete after kill -9 of their worker%s",
                    name,
                    flash,
                    broken.isEmpty() ? "" : ": " + broken);
            if (testBed.device()) {
                testBed.check(
                        back >= 0,
                        "memory: %.0f MiB before the engine, %.0f with the worker, at least %.0f after its kill, %.0f with the"
                                + " next one",
                        empty,
                        full,
                        least[0],
                        Serving.used(testBed));
            }
            double pause = ended.stream()
                    .mapToDouble(answer -> answer.longestPauseMillis(killed))
                    .max()
                    .orElse(0);
            Serving.warnings(testBed, engine);
            return new Object[] {
                name,
                flash,
                comparison(again, first),
                comparison(alone, first.subList(0, alone.size())),
                comparison(ended, first),
                "%.0f".formatted(pause),
                testBed.device() ? "%.0f".formatted(back) : "no device",
                "%.0f".formatted(ready)
            };
        } finally {
            Serving.memoryBack(testBed, empty);
        }
    }

    /** Compares texts: "6 of 8 identical; first difference at 12%, median 40%". */
    private static String comparison(List<StreamedAnswer> answers, List<StreamedAnswer> with) {
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
        String summary = "%d of %d identical".formatted(answers.size() - shares.size(), answers.size());
        return shares.isEmpty()
                ? summary
                : summary
                        + "; first difference at %.0f%%, median %.0f%%"
                                .formatted(Times.percentile(shares, 0), Times.percentile(shares, 0.5));
    }

    static void twoWorkers(TestBed testBed) throws Exception {
        double empty = Serving.used(testBed);
        int tokens = tokens(testBed);
        List<StreamRequest> requests = StreamRequest.several(2 * STREAMS, tokens, 0);
        String method = testBed.device() ? "auto" : "forkserver";
        Engine engine = testBed.start(
                new EngineSettings(method, testBed.model("random-Q4_0"), 2 * STREAMS, Serving.CONTEXT).workers(2));
        try {
            testBed.note("memory with two workers: %.0f MiB, %.0f before", Serving.used(testBed), empty);
            Engine.awaitAnswers(engine.submit("warm", requests));
            long started = System.nanoTime();
            List<StreamedAnswer> undisturbed = Engine.awaitAnswers(engine.submit("undisturbed", requests));
            double millis = Times.millisSince(started);
            moved(testBed, engine);
            List<Future<StreamedAnswer>> disturbed = engine.submit("stopped", requests);
            Thread.sleep((long) (millis * MIDDLE));
            WorkerView victim = engine.workers().stream()
                    .filter(worker -> worker.busySlots() > 0)
                    .findFirst()
                    .orElseThrow(() -> new IllegalStateException("all streams had ended"));
            long stopped = System.nanoTime();
            Signals.stop(victim.pid());
            engine.await("the stopped worker is replaced", () -> engine.allReady(victim.pid()));
            testBed.note("SIGSTOP: noticed, killed and replaced after %.0f ms", Times.millisSince(stopped));
            List<StreamedAnswer> ended = Engine.awaitAnswers(disturbed);
            long complete = ended.stream()
                    .filter(answer -> answer.isComplete() && answer.completionTokens == tokens)
                    .count();
            testBed.check(
                    complete == ended.size(),
                    "SIGSTOP of one of two workers: %d of %d streams completed",
                    complete,
                    ended.size());
            testBed.note("their texts: %s", comparison(ended, undisturbed));
            testBed.note(
                    "the longest pause of a stream: %.0f ms",
                    ended.stream()
                            .mapToDouble(answer -> answer.longestPauseMillis(stopped))
                            .max()
                            .orElse(0));
            Serving.warnings(testBed, engine);

            engine.submit("killed", requests);
            Thread.sleep((long) (millis * MIDDLE));
            testBed.note("before kill -9 of the engine: %s", Processes.of(testBed.home()));
            engine.engineProcess().destroyForcibly();
            long killed = System.nanoTime();
            double gone = Gpu.await(TIMEOUT_MILLIS, () -> left(testBed).isEmpty());
            testBed.check(
                    gone >= 0, "kill -9 of the engine: no process is left after %.0f ms: %s", gone, left(testBed));
            if (testBed.device()) {
                double back = Gpu.await(TIMEOUT_MILLIS, () -> Serving.used(testBed) <= empty + Gpu.TOLERANCE);
                testBed.check(
                        back >= 0,
                        "its workers' GPU memory is free %.0f ms after the kill: %.0f MiB used, %.0f before",
                        Times.millisSince(killed),
                        Serving.used(testBed),
                        empty);
            }
        } finally {
            engine.close();
        }
    }

    /** Kills a worker early, so that streams move to the next one, and compares texts. */
    private static void moved(TestBed testBed, Engine engine) throws Exception {
        List<StreamRequest> requests = StreamRequest.several(2 * STREAMS, testBed.device() ? LONG_TOKENS : TOKENS, 0);
        List<StreamedAnswer> undisturbed = Engine.awaitAnswers(engine.submit("long", requests));
        List<Future<StreamedAnswer>> moving = engine.submit("moving", requests);
        engine.await("a worker has streams", () -> engine.workers().getFirst().busySlots() > 0);
        WorkerView worker = engine.workers().getFirst();
        worker.kill();
        List<StreamedAnswer> ended = Engine.awaitAnswers(moving);
        testBed.note(
                "16 streams while a worker is killed and the next one starts: %s; distribution: %s",
                comparison(ended, undisturbed), engine.pool().at("/models/0/distribution"));
        engine.await("the next worker is ready", () -> engine.allReady(worker.pid()));
    }

    private static int tokens(TestBed testBed) {
        return testBed.device() ? TOKENS : FEW_TOKENS;
    }

    private static List<String> left(TestBed testBed) {
        try {
            return Processes.of(testBed.home());
        } catch (IOException e) {
            return List.of(e.toString());
        }
    }
}
