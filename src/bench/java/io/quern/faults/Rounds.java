package io.quern.faults;

import io.quern.faults.Engine.WorkerView;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;

/** Repeats the same streams, disturbs each round in the middle, and compares the answers with an undisturbed run. */
final class Rounds {
    private static final Pattern MOVED = Pattern.compile("requestId=(\\S+) the request resumes");

    /** Shares of all chunks between which a fault happens. Earlier or later it might hit no stream. */
    private static final double EARLIEST = 0.1;

    private static final double LATEST = 0.7;

    private static final int WARM_UP = 3;

    private final Engine engine;
    private final List<StreamRequest> requests;
    private final Outcome outcome;
    private final Random random = new Random();
    private final List<StreamedAnswer> undisturbed;
    private final int chunks;
    private final double undisturbedMillis;
    private final Map<String, Double> pauses = new HashMap<>();

    Rounds(Engine engine, List<StreamRequest> requests, Outcome outcome) throws Exception {
        this.engine = engine;
        this.requests = requests;
        this.outcome = outcome;
        // A warm-up: a new engine is slower than the later rounds, so faults would come too late.
        for (int i = 0; i < WARM_UP; i++) {
            Engine.awaitAnswers(engine.submit("warm", requests));
        }
        long begin = System.nanoTime();
        undisturbed = Engine.awaitAnswers(engine.submit("undisturbed", requests));
        undisturbedMillis = Times.millisSince(begin);
        chunks = undisturbed.stream().mapToInt(answer -> answer.chunks.size()).sum();
        for (StreamedAnswer answer : undisturbed) {
            outcome.expect(answer.difference(answer) == null, "undisturbed %s", answer.difference(answer));
        }
    }

    /** Does something to a worker while streams run. */
    interface Disturbance {
        void apply(WorkerView victim) throws Exception;
    }

    /**
     * Runs one round: all streams, the disturbance of a random worker, the comparison. The moment is random too. It is
     * chosen by the number of chunks, because on a busy machine all streams might be over after a fixed time.
     */
    void run(String name, Disturbance disturbance) throws Exception {
        CountDownLatch chunksLeft =
                new CountDownLatch((int) (chunks * (EARLIEST + (LATEST - EARLIEST) * random.nextDouble())));
        List<Future<StreamedAnswer>> pending = engine.submit(name, requests, request -> chunksLeft.countDown());
        // Fewer chunks than in the undisturbed run may come: the engine merges text that waits for its reader.
        while (!chunksLeft.await(10, TimeUnit.MILLISECONDS) && !pending.stream().allMatch(Future::isDone)) {}
        List<WorkerView> ready =
                engine.workers().stream().filter(WorkerView::ready).toList();
        List<WorkerView> busy =
                ready.stream().filter(worker -> worker.busySlots() > 0).toList();
        List<WorkerView> choice = busy.isEmpty() ? ready : busy;
        WorkerView victim = choice.get(random.nextInt(choice.size()));
        long now = System.nanoTime();
        disturbance.apply(victim);
        List<StreamedAnswer> all = Engine.awaitAnswers(pending);
        outcome.compare(all, undisturbed);
        all.forEach(answer -> pauses.put(answer.id, answer.longestPauseMillis(now)));
    }

    /** Returns, for each stream that moved to the other worker, the longest wait for a chunk in milliseconds. */
    List<Double> pausesOfMoved() {
        Set<String> moved = new HashSet<>();
        engine.logged(MOVED).forEach(line -> moved.add(line.group(1)));
        moved.retainAll(pauses.keySet());
        return new ArrayList<>(moved.stream().map(pauses::get).toList());
    }

    List<StreamedAnswer> undisturbed() {
        return undisturbed;
    }

    double undisturbedMillis() {
        return undisturbedMillis;
    }
}
