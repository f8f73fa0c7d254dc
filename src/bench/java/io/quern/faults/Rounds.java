package io.quern.faults;

import io.quern.faults.Engine.WorkerNow;
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

/** The same streams again and again, each time with something happening in their middle, compared with an undisturbed run. */
final class Rounds {
    private static final Pattern MOVED = Pattern.compile("requestId=(\\S+) the request resumes");

    /** Of all chunks of an undisturbed run: with less or more before it, a fault may find no stream to hit. */
    private static final double EARLIEST = 0.1;

    private static final double LATEST = 0.7;

    private static final int WARM_UP = 3;

    private final Engine engine;
    private final List<StreamRequest> stories;
    private final Outcome outcome;
    private final Random random = new Random();
    private final List<StreamedAnswer> undisturbed;
    private final int chunks;
    private final double undisturbedMillis;
    private final Map<String, Double> pauses = new HashMap<>();

    Rounds(Engine engine, List<StreamRequest> stories, Outcome outcome) throws Exception {
        this.engine = engine;
        this.stories = stories;
        this.outcome = outcome;
        // before it: a young engine is slower than the rounds will be, and faults would come when all is over
        for (int i = 0; i < WARM_UP; i++) {
            Engine.ends(engine.begin("warm", stories));
        }
        long begin = System.nanoTime();
        undisturbed = Engine.ends(engine.begin("undisturbed", stories));
        undisturbedMillis = Times.millisSince(begin);
        chunks = undisturbed.stream().mapToInt(told -> told.chunks.size()).sum();
        for (StreamedAnswer told : undisturbed) {
            outcome.expect(told.difference(told) == null, "undisturbed %s", told.difference(told));
        }
    }

    /** What happens to a worker in the middle. */
    interface Disturbance {
        void befall(WorkerNow victim) throws Exception;
    }

    /**
     * One round: all streams, the disturbance of a worker chosen at random, the comparison. The moment is chosen at random too, by how
     * much of the text has come: by the clock, on a machine whose load changes, all might be over.
     */
    void run(String name, Disturbance disturbance) throws Exception {
        CountDownLatch heard =
                new CountDownLatch((int) (chunks * (EARLIEST + (LATEST - EARLIEST) * random.nextDouble())));
        List<Future<StreamedAnswer>> begun = engine.begin(name, stories, story -> heard.countDown());
        // fewer chunks may come than in the undisturbed run: text that waits for its reader is merged
        while (!heard.await(10, TimeUnit.MILLISECONDS) && !begun.stream().allMatch(Future::isDone)) {}
        List<WorkerNow> ready =
                engine.workers().stream().filter(WorkerNow::ready).toList();
        List<WorkerNow> busy =
                ready.stream().filter(worker -> worker.busySlots() > 0).toList();
        List<WorkerNow> choice = busy.isEmpty() ? ready : busy;
        WorkerNow victim = choice.get(random.nextInt(choice.size()));
        long now = System.nanoTime();
        disturbance.befall(victim);
        List<StreamedAnswer> all = Engine.ends(begun);
        outcome.compare(all, undisturbed);
        all.forEach(told -> pauses.put(told.id, told.longestPauseMillis(now)));
    }

    /** For the clients of those streams that had to go on elsewhere, the longest wait for a chunk. */
    List<Double> pausesOfMoved() {
        Set<String> moved = new HashSet<>();
        engine.logged(MOVED).forEach(line -> moved.add(line.group(1)));
        moved.retainAll(pauses.keySet());
        return new ArrayList<>(moved.stream().map(pauses::get).toList());
    }

    double undisturbedMillis() {
        return undisturbedMillis;
    }
}
