package io.quern.faults;

import io.quern.bench.Machine;
import io.quern.bench.Service;
import java.net.HttpURLConnection;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collections;
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
            var answers = new ConcurrentLinkedQueue<Told>();
            List<Double> memory = Collections.synchronizedList(new ArrayList<>());
            List<Double> health = Collections.synchronizedList(new ArrayList<>());
            var others = new ConcurrentLinkedQueue<String>();
            long begin = System.nanoTime();
            long end = begin + Duration.ofSeconds(seconds).toNanos();
            clients.submit(() -> {
                while (System.nanoTime() < end) {
                    health.add(health(engine, others));
                    memory.add(Machine.residentMebibytes(engine.itself()));
                    Service.pause(Duration.ofMillis(100));
                }
            });
            long gap = (long) (1e9 / (FACTOR * perSecond));
            int sent = 0;
            for (long next = begin; next < end; next += gap) {
                Service.pause(Duration.ofNanos(Math.max(0, next - System.nanoTime())));
                Story story = new Story("Guest " + sent + " asks: what is new?", TOKENS, 0, 0);
                String id = "over-" + sent++;
                clients.submit(() -> answers.add(story.tell(engine.service(), id)));
            }
            clients.shutdown();
            outcome.expect(
                    clients.awaitTermination(Engine.PATIENCE.toSeconds(), TimeUnit.SECONDS),
                    "expected all answers within %s of the last request",
                    Engine.PATIENCE);
            double took = Times.millisSince(begin) / 1000;

            Map<Integer, Integer> statuses = new TreeMap<>();
            List<Double> first = new ArrayList<>();
            List<Double> refused = new ArrayList<>();
            for (Told told : answers) {
                statuses.merge(told.status, 1, Integer::sum);
                boolean whole = told.done && told.error == null && told.completionTokens == TOKENS;
                if (told.status == 200) {
                    outcome.expect(whole, "expected %s to be whole, saw %s", told.id, told.error);
                    if (whole) {
                        first.add(told.firstTextMillis());
                    }
                } else if (told.status == 429) {
                    outcome.expect(told.retryAfter != null, "expected a Retry-After with 429, saw none");
                } else {
                    outcome.fail("expected 200 or 429, saw " + told.status + ": " + told.error);
                }
            }
            double bound = (QUEUE + SLOTS) / (first.size() / took) * 1000 * UNEVEN;
            double slowest = Times.percentile(first, 0.99);
            outcome.expect(!first.isEmpty() && statuses.containsKey(429), "expected 200 and 429, saw %s", statuses);
            outcome.expect(slowest <= bound, "expected the first text within %.0f ms, saw p99 %.0f ms", bound, slowest);
            outcome.expect(others.isEmpty(), "expected the health check to answer 200, saw %s", others);
            double unwell = Times.percentile(health, 0.99);
            outcome.expect(
                    unwell <= stage.bound(HEALTH_MILLIS),
                    "expected health within %.0f ms, saw p99 %.0f ms",
                    stage.bound(HEALTH_MILLIS),
                    unwell);
            double half = Collections.max(memory.subList(memory.size() / 4, memory.size() / 2));
            double whole = Collections.max(memory);
            outcome.expect(
                    whole <= half + FLAT_MEBIBYTES, "expected flat memory, saw %.0f and then %.0f MiB", half, whole);
            outcome.figure(
                    "%d s, %.0f requests/s at %.1f/s of capacity: %s", seconds, sent / took, perSecond, statuses);
            outcome.figure("first text %s, bound %.0f", Times.told(first), bound);
            outcome.figure("health %s", Times.told(health));
            outcome.figure("engine %.0f MiB in the second quarter, %.0f at most", half, whole);
        }
        return outcome;
    }

    /** Requests a second, each slot busy and nobody waiting. */
    private static double capacity(Engine engine) throws Exception {
        List<Story> stories = Story.several(SLOTS, TOKENS, 0);
        Engine.ends(engine.begin("warm", stories));
        long begin = System.nanoTime();
        int rounds = 3;
        for (int i = 0; i < rounds; i++) {
            Engine.ends(engine.begin("capacity-" + i, stories));
        }
        return rounds * SLOTS / (Times.millisSince(begin) / 1000);
    }

    private static double health(Engine engine, ConcurrentLinkedQueue<String> others) {
        long asked = System.nanoTime();
        try {
            HttpURLConnection connection = engine.get("/q/health/ready");
            int status = connection.getResponseCode();
            try (var body = status < 400 ? connection.getInputStream() : connection.getErrorStream()) {
                body.readAllBytes();
            }
            if (status != 200) {
                others.add("status " + status);
            }
        } catch (java.io.IOException e) {
            others.add(e.toString());
        }
        return Times.millisSince(asked);
    }
}
