package io.quern.faults;

import io.quern.bench.Service;
import io.quern.faults.Engine.WorkerNow;
import java.time.Duration;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Future;
import java.util.regex.Pattern;

/**
 * A request that ends every worker it touches, by hand: its worker is killed whenever it has one, as the engine's log tells. It is found
 * and ended with the documented error; those beside it go on, and the pool is whole afterwards.
 */
final class Poison implements Fault {
    private static final String ID = "poison";
    private static final Pattern LOST = Pattern.compile("request=poison-0 (goes on elsewhere|ends:)");
    private static final Pattern ENDED =
            Pattern.compile("request=poison-0 ends: its workers were lost (\\d+) times in a row");
    private static final int OTHERS = 4;
    private static final int OTHERS_TOKENS = 1200;
    private static final Story POISON = new Story("This one kills.", 1900, 0, 0);

    /** Of a kill that has hit the poison's worker, until the log says so. */
    private static final Duration LOGGED = Duration.ofMillis(300);

    private static final int KILLS = 40;

    @Override
    public String name() {
        return "poison";
    }

    @Override
    public Outcome run(Stage stage) throws Exception {
        int times = stage.times(5, 1);
        Outcome outcome = new Outcome(times);
        int kills = 0;
        for (int i = 0; i < times; i++) {
            try (Engine engine = stage.start(2, Map.of())) {
                List<Story> stories = Story.several(OTHERS, OTHERS_TOKENS, 0);
                List<Told> undisturbed = Engine.ends(engine.begin("undisturbed", stories));
                Future<Told> poison = engine.begin(ID, List.of(POISON)).getFirst();
                engine.await("the poison runs", () -> busiest(engine) != null);
                List<Future<Told>> others = engine.begin("others", stories);
                int lost = 0;
                while (!poison.isDone() && kills < KILLS * times) {
                    WorkerNow victim = busiest(engine);
                    if (victim == null) {
                        Service.pause(Duration.ofMillis(5));
                        continue;
                    }
                    victim.kill();
                    kills++;
                    lost = awaitLoss(engine, lost);
                }
                Told told = Engine.ends(List.of(poison)).getFirst();
                outcome.expect(
                        told.error != null && told.error.contains("ends_workers"),
                        "expected the error ends_workers, saw %s after %d tokens",
                        told.error,
                        told.chunks.size());
                outcome.expect(
                        engine.logged(ENDED).size() == 1,
                        "expected one line 'request=poison-0 ends: its workers were lost ...', saw %d",
                        engine.logged(ENDED).size());
                List<Told> all = Engine.ends(others);
                outcome.compare(all, undisturbed);
                engine.awaitFull();
            }
        }
        return outcome.figure("%d workers killed in all, %d other streams each time", kills, OTHERS);
    }

    /** Where the poison is can only be guessed: the worker that has most to do, which changes as others move. */
    private static WorkerNow busiest(Engine engine) {
        return engine.workers().stream()
                .filter(worker -> worker.ready() && worker.busySlots() > 0)
                .max(Comparator.comparingInt(WorkerNow::busySlots))
                .orElse(null);
    }

    private static int awaitLoss(Engine engine, int before) {
        long begin = System.nanoTime();
        int now = engine.logged(LOST).size();
        while (now == before && Times.millisSince(begin) < LOGGED.toMillis()) {
            Service.pause(Duration.ofMillis(5));
            now = engine.logged(LOST).size();
        }
        return now;
    }
}
