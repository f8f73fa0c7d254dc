package io.quern.worker;

import static io.quern.worker.StepShape.Cut.FOURS;
import static io.quern.worker.StepShape.Cut.SINGLES;
import static io.quern.worker.StepShape.Cut.WHOLE;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Each test decides how long each shape takes, and checks which shape is chosen. */
class StepShapesTest {
    /** After so many steps every shape of these tests is known, and none is tried again yet. */
    private static final int LEARNED = 40;

    @Test
    void fastestCutIsChosenAfterAllWereTried() {
        for (StepShape.Cut fastest : StepShape.Cut.values()) {
            StepShapes shapes = new StepShapes(true, 1, 1);
            List<StepShape> chosen = run(shapes, 6, 9, shape -> shape.cut() == fastest ? 50 : 100);
            assertThat(chosen.subList(0, 6))
                    .extracting(StepShape::cut)
                    .containsExactly(WHOLE, WHOLE, FOURS, FOURS, SINGLES, SINGLES);
            assertThat(chosen.subList(6, 9)).extracting(StepShape::cut).containsOnly(fastest);
        }
    }

    @Test
    void slowFirstMeasurementDoesNotCount() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        shapes.took(2, shapes.ofRows(2), 10_000);
        shapes.took(2, shapes.ofRows(2), 50);
        run(shapes, 2, 2, shape -> 60);
        assertThat(shapes.ofRows(2).cut()).isEqualTo(WHOLE);
    }

    @Test
    void eachNumberOfRowsHasItsOwnTimes() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.cut() == SINGLES ? 50 : 100);
        run(shapes, 3, LEARNED, shape -> shape.cut() == SINGLES ? 200 : 100);
        assertThat(shapes.ofRows(2).cut()).isEqualTo(SINGLES);
        assertThat(shapes.ofRows(3).cut()).isEqualTo(WHOLE);
    }

    @Test
    void stepsThatMustNotBeDividedStayWhole() {
        for (int rows = 1; rows <= 12; rows++) {
            assertThat(cutsTried(new StepShapes(false, 1, 4), rows)).containsExactly(WHOLE);
        }
    }

    @Test
    void onlyCutsThatDifferAreTried() {
        assertThat(cutsTried(new StepShapes(true, 1, 1), 1)).containsExactly(WHOLE);
        assertThat(cutsTried(new StepShapes(true, 1, 1), 4)).containsExactly(WHOLE, SINGLES);
        assertThat(cutsTried(new StepShapes(true, 1, 1), 5)).containsExactly(WHOLE, FOURS, SINGLES);
    }

    @Test
    void moreThanEightRowsAreNeverSingles() {
        assertThat(cutsTried(new StepShapes(true, 1, 1), 8)).containsExactly(WHOLE, SINGLES);
        assertThat(cutsTried(new StepShapes(true, 1, 1), 9)).containsExactly(WHOLE, FOURS);
        assertThat(cutsTried(new StepShapes(true, 1, 1), 12)).containsExactly(WHOLE);
    }

    @Test
    void threadsBeyondTheAllowedAreNeverUsed() {
        assertThat(threadsTried(allowed(2, 16, 2))).containsExactly(2);
        assertThat(threadsTried(allowed(2, 16, 7))).containsExactly(2, 4);
        assertThat(threadsTried(allowed(2, 16, 8))).containsExactly(2, 4, 8);
        assertThat(threadsTried(allowed(2, 16, 100))).containsExactly(2, 4, 8, 16);
    }

    @Test
    void onlyConfiguredThreadsAreAllowedAtFirst() {
        assertThat(threadsTried(new StepShapes(false, 2, 16))).containsExactly(2);
    }

    @Test
    void largestNumberOfThreadsNeedNotBeDouble() {
        StepShapes shapes = allowed(3, 8, 8);
        assertThat(threadsTried(shapes)).containsExactly(3, 6, 8);
    }

    @Test
    void allowingZeroThreadsMeansTheConfiguredOnes() {
        StepShapes shapes = allowed(2, 8, 8);
        run(shapes, 1, LEARNED, StepShapesTest::perfect);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(8);
        shapes.allow(0);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(2);
        shapes.allow(4);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(4);
    }

    @Test
    void limitBelowTheConfiguredThreadsHasNoEffect() {
        StepShapes shapes = allowed(4, 2, 1);
        assertThat(threadsTried(shapes)).containsExactly(4);
    }

    @Test
    void moreThreadsNeedGainOfEightPercent() {
        assertThat(threadsChosen(93)).isEqualTo(1);
        assertThat(threadsChosen(91)).isEqualTo(2);
    }

    @Test
    void otherCutNeedsNoGain() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.cut() == SINGLES ? 99 : 100);
        assertThat(shapes.ofRows(2).cut()).isEqualTo(SINGLES);
    }

    @Test
    void uselessDoublingOfThreadsIsNotTriedFurther() {
        StepShapes shapes = allowed(1, 8, 8);
        assertThat(threadsTried(shapes, shape -> shape.threads() == 2 ? 95 : 100))
                .containsExactly(1, 2);
        StepShapes larger = allowed(1, 8, 8);
        assertThat(threadsTried(larger, shape -> shape.threads() == 1 ? 100 : 60))
                .containsExactly(1, 2, 4);
    }

    @Test
    void eachCutHasItsOwnGainOfThreads() {
        StepShapes shapes = new StepShapes(true, 1, 8);
        shapes.allow(8);
        run(shapes, 2, LEARNED, shape -> shape.cut() == SINGLES ? 400.0 / shape.threads() : 100);
        assertThat(shapes.ofRows(2)).isEqualTo(new StepShape(8, SINGLES));
    }

    @Test
    void slowerShapeIsTriedAgainMoreAndMoreSeldom() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        List<StepShape> chosen = run(shapes, 2, 4 + 64 + 128 + 256, shape -> shape.cut() == SINGLES ? 200 : 100);
        List<Integer> tries = new ArrayList<>();
        for (int step = 1; step <= chosen.size(); step++) {
            if (chosen.get(step - 1).cut() == SINGLES) {
                tries.add(step);
            }
        }
        assertThat(tries).containsExactly(3, 4, 4 + 64, 4 + 64 + 128, 4 + 64 + 128 + 256);
    }

    @Test
    void shapeOnceChosenIsSoonTriedAgain() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, 4 + 64, shape -> shape.cut() == SINGLES ? 200 : 100);
        List<StepShape> chosen = run(shapes, 2, 20, shape -> shape.cut() == SINGLES ? 200 : 1000);
        assertThat(chosen.getLast().cut()).isEqualTo(SINGLES);
        List<StepShape> later = run(shapes, 2, 1 + 64, shape -> shape.cut() == SINGLES ? 5000 : 100);
        assertThat(later.getFirst().cut()).isEqualTo(SINGLES);
        assertThat(later.subList(1, 64)).extracting(StepShape::cut).containsOnly(WHOLE);
        assertThat(later.getLast().cut()).isEqualTo(SINGLES);
    }

    @Test
    void chosenShapeThatGetsSlowerIsLeft() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.cut() == SINGLES ? 50 : 100);
        List<StepShape> later = run(shapes, 2, 20, shape -> shape.cut() == SINGLES ? 150 : 100);
        assertThat(later.getFirst().cut()).isEqualTo(SINGLES);
        assertThat(later.getLast().cut()).isEqualTo(WHOLE);
    }

    @Test
    void slowShapeThatGetsFasterIsChosen() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.cut() == SINGLES ? 110 : 100);
        List<StepShape> later = run(shapes, 2, 64, shape -> shape.cut() == SINGLES ? 50 : 100);
        assertThat(later.getFirst().cut()).isEqualTo(WHOLE);
        assertThat(later.getLast().cut()).isEqualTo(SINGLES);
    }

    @Test
    void verySlowShapeThatGetsFasterIsChosenSoon() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.cut() == SINGLES ? 400 : 100);
        List<StepShape> later = run(shapes, 2, 80, shape -> shape.cut() == SINGLES ? 50 : 100);
        assertThat(later.subList(76, 80)).extracting(StepShape::cut).containsOnly(SINGLES);
    }

    @Test
    void threadsAreGivenUpWhenTheyBecomeUseless() {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, StepShapesTest::perfect);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(2);
        run(shapes, 1, 40, shape -> 1000);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(1);
    }

    @Test
    void oneUnusualTimeChangesNothing() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.cut() == SINGLES ? 50 : 100);
        run(shapes, 2, 1, shape -> 200);
        assertThat(shapes.ofRows(2).cut()).isEqualTo(SINGLES);
    }

    @Test
    void promptsHaveTheirOwnTimes() {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, shape -> 100);
        for (int i = 0; i < LEARNED; i++) {
            int threads = shapes.threadsOfPrompts();
            shapes.promptsTook(100, threads, 1000 / threads);
        }
        assertThat(shapes.threadsOfPrompts()).isEqualTo(2);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(1);
    }

    @Test
    void timesOfPromptsCountByToken() {
        StepShapes shapes = allowed(1, 2, 2);
        for (int i = 0; i < 4; i++) {
            int threads = shapes.threadsOfPrompts();
            shapes.promptsTook(threads == 1 ? 100 : 10, threads, threads == 1 ? 1000 : 200);
        }
        assertThat(shapes.threadsOfPrompts()).isEqualTo(1);
    }

    private static StepShapes allowed(int threads, int most, int number) {
        StepShapes shapes = new StepShapes(false, threads, most);
        shapes.allow(number);
        return shapes;
    }

    private static int threadsChosen(double timeOfTwo) {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, shape -> shape.threads() == 1 ? 100 : timeOfTwo);
        return shapes.ofRows(1).threads();
    }

    private static Set<StepShape.Cut> cutsTried(StepShapes shapes, int rows) {
        Set<StepShape.Cut> cuts = new TreeSet<>();
        run(shapes, rows, LEARNED, shape -> 100).forEach(shape -> cuts.add(shape.cut()));
        return cuts;
    }

    private static Set<Integer> threadsTried(StepShapes shapes) {
        return threadsTried(shapes, StepShapesTest::perfect);
    }

    private static Set<Integer> threadsTried(StepShapes shapes, ToDoubleFunction<StepShape> time) {
        Set<Integer> threads = new TreeSet<>();
        run(shapes, 6, LEARNED, time).forEach(shape -> threads.add(shape.threads()));
        return threads;
    }

    /** Twice as many threads need half the time. */
    private static double perfect(StepShape shape) {
        return 1000.0 / shape.threads();
    }

    private static List<StepShape> run(StepShapes shapes, int rows, int steps, ToDoubleFunction<StepShape> time) {
        List<StepShape> chosen = new ArrayList<>();
        for (int step = 0; step < steps; step++) {
            StepShape shape = shapes.ofRows(rows);
            chosen.add(shape);
            shapes.took(rows, shape, time.applyAsDouble(shape));
        }
        return chosen;
    }
}
