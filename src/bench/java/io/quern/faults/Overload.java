package io.quern.faults;

import io.quern.bench.Service;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;

/**
 * Ten times as many requests a second as can be served, however long the answers take: only 200 and 429, those that are accepted begin
 * within what the queue takes, memory stays flat, and the health check answers.
 */
final class Overload implements Fault {
    private static final int FACTOR = 10;
    private static final int WORKERS = 1;
    private static final int SLOTS = 4;
    private static final int QUEUE = 16;
    private static final int TOKENS = 400;
    private static final double HEALTH_MILLIS = 100;
    private static final double FLAT_MEBIBYTES = 48;

    /** The queue's time, by the rate that was seen, may be exceeded by so much: requests do not come free evenly. */
    private static final double UNEVEN = 1.5;

    @Override
    public String name() {
        return "overload";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int seconds = stage.times(60, 6);
        Outcome outcome = new Outcome(1);
        Map<String, String> settings =
                Map.of("QUERN_ADMISSION_QUEUE_SIZE", Integer.toString(QUEUE), "JAVA_TOOL_OPTIONS", Stage.HEAP);
        try (Engine engine = stage.launch(WORKERS, null, SLOTS, Stage.CONTEXT, settings);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            engine.awaitFull();
            double perSecond = capacity(engine);
            var answers = new ConcurrentLinkedQueue<StreamedAnswer>();
            HealthWatch watch = new HealthWatch(engine);
            long begin = System.nanoTime();
            long end = begin + Duration.ofSeconds(seconds).toNanos();
            clients.submit(() -> watch.until(end));
            long gap = (long) (1e9 / (FACTOR * perSecond));
            int sent = 0;
            for (long next = begin; next < end; next += gap) {
                Service.pause(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
                StreamRequest story = new StreamRequest("Guest " + sent + " asks: what is new?", TOKENS, 0, 0);
                String id = "over-" + sent++;
                clients.submit(() -> answers.add(story.tell(engine.service(), id)));
            }
            clients.shutdown();
            outcome.expect(
                    clients.awaitTermination(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS),
                    "expected all answers within %s of the last request",
                    Engine.PATIENCE);
            double took = Times.millisSince(begin) / 1000;
            outcome.figure("%d s, %.0f requests/s, capacity %.1f/s", seconds, sent / took, perSecond);
            judge(answers, took, stage, outcome);
            watch.judge(outcome, stage.bound(HEALTH_MILLIS), FLAT_MEBIBYTES);
        }
        return outcome;
    }

    /** @param seconds from the first request to the last answer */
    private static void judge(Collection<StreamedAnswer> answers, double seconds, Stage stage, Outcome outcome) {
        Map<Integer, Integer> statuses = new TreeMap<>();
        List<Double> first = new ArrayList<>();
        for (StreamedAnswer told : answers) {
            statuses.merge(told.status, 1, Integer::sum);
            switch (told.status) {
                case 200 -> {
                    boolean whole = told.done && told.error == null && told.completionTokens == TOKENS;
                    outcome.expect(whole, "expected %s to be whole, saw %s", told.id, told.shortError());
                    if (whole) {
                        first.add(told.firstTextMillis());
                    }
                }
                case 429 -> outcome.expect(told.retryAfter != null, "expected a Retry-After with 429, saw none");
                default -> outcome.fail("expected 200 or 429, saw " + told.status + ": " + told.shortError());
            }
        }
        double bound = stage.bound((QUEUE + SLOTS) / (first.size() / seconds) * 1000 * UNEVEN);
        double slowest = Times.percentile(first, 0.99);
        outcome.expect(statuses.keySet().containsAll(List.of(200, 429)), "expected 200 and 429, saw %s", statuses);
        outcome.expect(slowest <= bound, "expected the first text within %.0f ms, saw p99 %.0f ms", bound, slowest);
        outcome.figure("answers by status %s; first text %s, bound %.0f", statuses, Times.told(first), bound);
    }

    /** Requests a second, each slot busy and nobody waiting. */
    private static double capacity(Engine engine) throws Exception {
        List<StreamRequest> stories = StreamRequest.several(SLOTS, TOKENS, 0);
        Engine.ends(engine.begin("warm", stories));
        long begin = System.nanoTime();
        int rounds = 3;
        for (int i = 0; i < rounds; i++) {
            Engine.ends(engine.begin("capacity-" + i, stories));
        }
        return rounds * SLOTS / (Times.millisSince(begin) / 1000);
    }
}
