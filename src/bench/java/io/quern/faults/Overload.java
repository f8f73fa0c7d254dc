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
 * Sends ten times as many requests per second as the engine can serve, without waiting for answers. The only answers
 * must be 200 and 429. Accepted requests begin within the time of the queue, memory stays flat and the health check
 * answers.
 */
final class Overload implements Fault {
    private static final int FACTOR = 10;
    private static final int WORKERS = 1;
    private static final int SLOTS = 4;
    private static final int QUEUE = 16;
    private static final int TOKENS = 400;
    private static final double HEALTH_MILLIS = 100;
    private static final double FLAT_MEBIBYTES = 48;

    /**
     * Factor by which the time of the queue, computed from the measured rate, may be exceeded: requests do not finish
     * evenly.
     */
    private static final double UNEVEN = 1.5;

    @Override
    public String name() {
        return "overload";
    }

    @Override
    public boolean sameWithAll() {
        return true;
    }

    @Override
    public Outcome run(TestBed testBed) throws Exception {
        int seconds = testBed.times(60, 6);
        Outcome outcome = new Outcome(1);
        Map<String, String> settings =
                Map.of("QUERN_ADMISSION_QUEUE_SIZE", Integer.toString(QUEUE), "JAVA_TOOL_OPTIONS", TestBed.HEAP);
        try (Engine engine = testBed.launch(WORKERS, null, SLOTS, TestBed.CONTEXT, settings);
                ExecutorService clients = Executors.newVirtualThreadPerTaskExecutor()) {
            engine.awaitAllReady();
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
                StreamRequest request = new StreamRequest("Guest " + sent + " asks: what is new?", TOKENS, 0, 0);
                String id = "over-" + sent++;
                clients.submit(() -> answers.add(request.send(engine.service(), id)));
            }
            clients.shutdown();
            outcome.expect(
                    clients.awaitTermination(Engine.TIMEOUT.toSeconds(), TimeUnit.SECONDS),
                    "expected all answers within %s after the last request",
                    Engine.TIMEOUT);
            double took = Times.millisSince(begin) / 1000;
            outcome.figure("%d s, %.0f requests/s, capacity %.1f/s", seconds, sent / took, perSecond);
            judge(answers, took, testBed, outcome);
            watch.judge(outcome, testBed.bound(HEALTH_MILLIS), FLAT_MEBIBYTES);
        }
        return outcome;
    }

    /**
     * Checks all answers.
     *
     * @param seconds seconds from the first request to the last answer
     */
    private static void judge(Collection<StreamedAnswer> answers, double seconds, TestBed testBed, Outcome outcome) {
        Map<Integer, Integer> statuses = new TreeMap<>();
        List<Double> first = new ArrayList<>();
        for (StreamedAnswer answer : answers) {
            statuses.merge(answer.status, 1, Integer::sum);
            switch (answer.status) {
                case 200 -> {
                    boolean complete = answer.done && answer.error == null && answer.completionTokens == TOKENS;
                    outcome.expect(complete, "expected %s to be complete, saw %s", answer.id, answer.shortError());
                    if (complete) {
                        first.add(answer.firstTextMillis());
                    }
                }
                case 429 -> outcome.expect(answer.retryAfter != null, "expected a Retry-After with 429, saw none");
                default -> outcome.fail("expected 200 or 429, saw " + answer.status + ": " + answer.shortError());
            }
        }
        double bound = testBed.bound((QUEUE + SLOTS) / (first.size() / seconds) * 1000 * UNEVEN);
        double slowest = Times.percentile(first, 0.99);
        outcome.expect(statuses.keySet().containsAll(List.of(200, 429)), "expected 200 and 429, saw %s", statuses);
        outcome.expect(slowest <= bound, "expected the first text within %.0f ms, saw p99 %.0f ms", bound, slowest);
        outcome.figure("answers by status %s; first text %s, bound %.0f", statuses, Times.summary(first), bound);
    }

    /** Returns the requests per second that the engine serves with every slot busy and an empty queue. */
    private static double capacity(Engine engine) throws Exception {
        List<StreamRequest> requests = StreamRequest.several(SLOTS, TOKENS, 0);
        Engine.awaitAnswers(engine.submit("warm", requests));
        long begin = System.nanoTime();
        int rounds = 3;
        for (int i = 0; i < rounds; i++) {
            Engine.awaitAnswers(engine.submit("capacity-" + i, requests));
        }
        return rounds * SLOTS / (Times.millisSince(begin) / 1000);
    }
}
