package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.TreeMap;
import java.util.function.IntToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Tests the decision with a machine whose speed a function gives. */
class PackingTest {
    private static final Duration LOOK = Rounds.PERIOD;

    private final Packing packing = new Packing();
    private long nanos = -1_000_000_000;
    private int used;
    private int trials;

    @Test
    void fasterArrangementIsFoundAndKept() {
        assertThat(run(16, 1, 2, Duration.ofSeconds(10), used -> used == 1 ? 750 : 550))
                .isEqualTo(1);
        assertThat(share(16, 1, 2, Duration.ofMinutes(10), used -> used == 1 ? 750 : 550, 1))
                .isGreaterThan(0.97);
    }

    @Test
    void slowerArrangementIsTriedRarely() {
        assertThat(share(16, 1, 2, Duration.ofMinutes(10), used -> used == 1 ? 450 : 550, 2))
                .isGreaterThan(0.95);
        assertThat(trials).isBetween(3, 5);
        trials = 0;
        run(16, 1, 2, Duration.ofHours(10), used -> used == 1 ? 450 : 550);
        assertThat(trials).as("at most once an hour").isBetween(9, 14);
    }

    @Test
    void smallDifferenceChangesNothing() {
        assertThat(run(16, 1, 2, Duration.ofMinutes(30), used -> used == 1 ? 104 : 100))
                .isEqualTo(2);
        assertThat(run(16, 1, 2, Duration.ofSeconds(1), used -> 100)).isEqualTo(2);
    }

    /** The first second of a faster arrangement may be disturbed. */
    @Test
    void unclearTrialIsRepeatedSoon() {
        run(16, 1, 2, Duration.ofSeconds(8), used -> used == 1 ? 518 : 508);
        assertThat(trials).isEqualTo(1);
        assertThat(run(16, 1, 2, Duration.ofSeconds(25), used -> used == 1 ? 650 : 508))
                .isEqualTo(1);
    }

    /** Another program may have taken the cores. */
    @Test
    void firstTrialThatWasSlowerIsRepeatedSoon() {
        run(4, 1, 2, Duration.ofSeconds(8), used -> used == 1 ? 150 : 250);
        assertThat(trials).isEqualTo(1);
        assertThat(run(4, 1, 2, Duration.ofSeconds(25), used -> used == 1 ? 300 : 250))
                .isEqualTo(1);
    }

    @Test
    void arrangementThatBecomesSlowerIsLeft() {
        assertThat(run(16, 1, 2, Duration.ofMinutes(2), used -> used == 1 ? 750 : 550))
                .isEqualTo(1);
        assertThat(run(16, 1, 2, Duration.ofMinutes(5), used -> used == 1 ? 400 : 550))
                .isEqualTo(2);
    }

    @Test
    void numbersOfStreamsAreToldApart() {
        run(32, 1, 2, Duration.ofSeconds(20), used -> used == 1 ? 750 : 900);
        run(16, 1, 2, Duration.ofSeconds(90), used -> used == 1 ? 750 : 550);
        assertThat(look(32, 1, 2, OptionalDouble.empty())).isEqualTo(2);
        assertThat(look(16, 1, 2, OptionalDouble.empty()))
                .as("it is remembered")
                .isEqualTo(1);
        assertThat(look(15, 1, 2, OptionalDouble.empty())).as("about as many").isEqualTo(1);
    }

    @Test
    void numberOfStreamsBeginsWithWhatIsBestForTheMostSimilarOne() {
        run(4, 1, 4, Duration.ofSeconds(30), used -> used == 4 ? 550 : 750);
        int few = look(4, 1, 4, OptionalDouble.empty());
        assertThat(few).isLessThan(4);
        trials = 0;
        run(8, 1, 4, Duration.ofSeconds(50), used -> used == 4 ? 550 : 750);
        assertThat(trials).as("no trial at once").isZero();
        assertThat(look(8, 1, 4, OptionalDouble.empty())).isEqualTo(few);
        run(64, 1, 4, Duration.ofMinutes(5), used -> 100 * used);
        assertThat(look(64, 1, 4, OptionalDouble.empty())).isEqualTo(4);
        assertThat(look(45, 1, 4, OptionalDouble.empty())).as("more like 64").isEqualTo(4);
        assertThat(look(6, 1, 4, OptionalDouble.empty())).as("more like 4").isEqualTo(few);
        assertThat(look(45, 1, 2, OptionalDouble.empty()))
                .as("not more than there are")
                .isEqualTo(2);
    }

    @Test
    void measurementsAreShown() {
        assertThat(packing.measured()).isEmpty();
        run(32, 1, 2, Duration.ofSeconds(20), used -> used == 1 ? 750 : 900);
        run(16, 1, 2, Duration.ofSeconds(90), used -> used == 1 ? 750 : 550);
        run(1, 1, 2, Duration.ofSeconds(20), used -> 200);
        assertThat(packing.measured())
                .containsExactly(
                        new Distribution.Measured(16, 1, new TreeMap<>(Map.of(1, 750L, 2, 550L))),
                        new Distribution.Measured(32, 2, new TreeMap<>(Map.of(1, 750L, 2, 900L))));
    }

    @Test
    void shortLoadsAreMeasuredTogether() {
        IntToDoubleFunction rate = used -> used == 1 ? 750 : 550;
        for (int i = 0; i < 20; i++) {
            run(16, 1, 2, Duration.ofSeconds(2), rate);
            run(3, 1, 2, Duration.ofMillis(500), used -> 200);
        }
        assertThat(run(16, 1, 2, Duration.ofSeconds(1), rate)).isEqualTo(1);
    }

    @Test
    void bestOfEightIsFound() {
        for (int best : new int[] {1, 2, 4, 8}) {
            IntToDoubleFunction rate = used -> 1000 - 200 * Math.abs(Math.log(used) - Math.log(best));
            int streams = 8 << best;
            run(streams, 1, 8, Duration.ofSeconds(20), rate);
            assertThat(share(streams, 1, 8, Duration.ofMinutes(20), rate, best))
                    .as("%d workers", best)
                    .isGreaterThan(0.9);
        }
    }

    @Test
    void streamsAlwaysGetSlots() {
        assertThat(share(64, 2, 2, Duration.ofMinutes(5), used -> 100.0 / used, 2))
                .isEqualTo(1);
        assertThat(share(64, 3, 8, Duration.ofMinutes(5), used -> 100.0 / used, 3))
                .as("as few as possible")
                .isGreaterThan(0.9);
    }

    @Test
    void fewStreamsAreMeasuredToo() {
        assertThat(run(4, 1, 2, Duration.ofSeconds(20), used -> used == 1 ? 395 : 260))
                .isEqualTo(1);
        assertThat(run(2, 1, 2, Duration.ofSeconds(90), used -> used == 1 ? 200 : 260))
                .isEqualTo(2);
    }

    @Test
    void singleStreamUsesAllWorkers() {
        assertThat(share(1, 1, 2, Duration.ofMinutes(5), used -> 100.0 / used, 2))
                .isEqualTo(1);
    }

    @Test
    void nothingIsTriedWithoutMeasurement() {
        for (int i = 0; i < 1000; i++) {
            assertThat(look(16, 1, 2, OptionalDouble.empty())).isEqualTo(2);
        }
    }

    @Test
    void trialWithoutMeasurementEnds() {
        int look = 0;
        while (used != 1) {
            look(16, 1, 2, OptionalDouble.of(100));
            assertThat(look++).isLessThan(40);
        }
        for (look = 0; used == 1; look++) {
            look(16, 1, 2, OptionalDouble.empty());
            assertThat(look).isLessThan(60);
        }
        assertThat(used).isEqualTo(2);
    }

    @Test
    void lostWorkerIsNotWaitedFor() {
        run(16, 1, 2, Duration.ofSeconds(20), used -> used == 1 ? 400 : 550);
        assertThat(look(16, 1, 1, OptionalDouble.empty())).isEqualTo(1);
        assertThat(look(16, 1, 2, OptionalDouble.empty())).isEqualTo(2);
    }

    /** Returns how many workers are used at the end. */
    private int run(int streams, int least, int most, Duration time, IntToDoubleFunction rate) {
        uses(streams, least, most, time, rate);
        return used;
    }

    /** Returns the share of the time in which so many workers are used. */
    private double share(int streams, int least, int most, Duration time, IntToDoubleFunction rate, int workers) {
        List<Integer> uses = uses(streams, least, most, time, rate);
        return (double) uses.stream().filter(use -> use == workers).count() / uses.size();
    }

    private List<Integer> uses(int streams, int least, int most, Duration time, IntToDoubleFunction rate) {
        List<Integer> uses = new ArrayList<>();
        for (int i = 0; i < time.dividedBy(LOOK); i++) {
            uses.add(look(
                    streams,
                    least,
                    most,
                    used == 0 ? OptionalDouble.empty() : OptionalDouble.of(rate.applyAsDouble(used))));
        }
        return uses;
    }

    private int look(int streams, int least, int most, OptionalDouble rate) {
        nanos += LOOK.toNanos();
        int use = packing.use(streams, least, most, rate, nanos);
        assertThat(use).isBetween(least, most);
        trials += use == used || use == most ? 0 : 1;
        used = use;
        return use;
    }
}
