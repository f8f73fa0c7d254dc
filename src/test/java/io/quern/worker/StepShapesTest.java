package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.IntToDoubleFunction;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Test;

/** Each test decides how long each shape takes, and checks which shape is chosen. */
class StepShapesTest {
    /** After so many steps every shape of these tests is known, and none is tried again yet. */
    private static final int LEARNED = 40;

    @Test
    void fasterWayIsChosenAfterBothWereTried() {
        for (boolean faster : new boolean[] {false, true}) {
            StepShapes shapes = new StepShapes(true, 1, 1);
            List<StepShape> chosen = run(shapes, 6, 7, shape -> shape.rowByRow() == faster ? 50 : 100);
            assertThat(chosen.subList(0, 4)).extracting(StepShape::rowByRow).containsExactly(false, false, true, true);
            assertThat(chosen.subList(4, 7)).extracting(StepShape::rowByRow).containsOnly(faster);
        }
    }

    @Test
    void slowFirstMeasurementDoesNotCount() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        shapes.took(2, shapes.ofRows(2), 10_000);
        shapes.took(2, shapes.ofRows(2), 50);
        run(shapes, 2, 2, shape -> 60);
        assertThat(shapes.ofRows(2).rowByRow()).isFalse();
    }

    @Test
    void eachNumberOfRowsHasItsOwnTimes() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.rowByRow() ? 50 : 100);
        run(shapes, 3, LEARNED, shape -> shape.rowByRow() ? 200 : 100);
        assertThat(shapes.ofRows(2).rowByRow()).isTrue();
        assertThat(shapes.ofRows(3).rowByRow()).isFalse();
    }

    @Test
    void rowsThatDependOnEachOtherStayTogether() {
        for (int rows = 1; rows <= 12; rows++) {
            assertThat(triesRowByRow(new StepShapes(false, 1, 4), rows)).isFalse();
        }
    }

    @Test
    void twoToEightRowsAreTriedOneByOne() {
        for (int rows = 1; rows <= 12; rows++) {
            assertThat(triesRowByRow(new StepShapes(true, 1, 1), rows))
                    .as("%s rows", rows)
                    .isEqualTo(rows >= 2 && rows <= 8);
        }
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
    void moreThreadsNeedGainOfFourPercent() {
        assertThat(threadsChosen(97)).isEqualTo(1);
        assertThat(threadsChosen(95)).isEqualTo(2);
    }

    @Test
    void otherWayNeedsNoGain() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.rowByRow() ? 99 : 100);
        assertThat(shapes.ofRows(2).rowByRow()).isTrue();
    }

    @Test
    void uselessDoublingOfThreadsIsNotTriedFurther() {
        StepShapes shapes = allowed(1, 8, 8);
        assertThat(threadsTried(shapes, shape -> shape.threads() == 2 ? 97 : 100))
                .containsExactly(1, 2);
        StepShapes larger = allowed(1, 8, 8);
        assertThat(threadsTried(larger, shape -> shape.threads() == 1 ? 100 : 60))
                .containsExactly(1, 2, 4);
    }

    @Test
    void eachWayHasItsOwnGainOfThreads() {
        StepShapes shapes = new StepShapes(true, 1, 8);
        shapes.allow(8);
        run(shapes, 2, LEARNED, shape -> shape.rowByRow() ? 400.0 / shape.threads() : 100);
        assertThat(shapes.ofRows(2)).isEqualTo(new StepShape(8, true));
    }

    @Test
    void slowerShapeIsTriedAgainMoreAndMoreSeldom() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        List<StepShape> chosen = run(shapes, 2, 4 + 64 + 128 + 256, shape -> shape.rowByRow() ? 200 : 100);
        List<Integer> tries = new ArrayList<>();
        for (int step = 1; step <= chosen.size(); step++) {
            if (chosen.get(step - 1).rowByRow()) {
                tries.add(step);
            }
        }
        assertThat(tries).containsExactly(3, 4, 4 + 64, 4 + 64 + 128, 4 + 64 + 128 + 256);
    }

    @Test
    void shapeOnceChosenIsSoonTriedAgain() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, 4 + 64, shape -> shape.rowByRow() ? 200 : 100);
        List<StepShape> chosen = run(shapes, 2, 20, shape -> shape.rowByRow() ? 200 : 1000);
        assertThat(chosen.getLast().rowByRow()).isTrue();
        List<StepShape> later = run(shapes, 2, 1 + 64, shape -> shape.rowByRow() ? 5000 : 100);
        assertThat(later.getFirst().rowByRow()).isTrue();
        assertThat(later.subList(1, 64)).extracting(StepShape::rowByRow).containsOnly(false);
        assertThat(later.getLast().rowByRow()).isTrue();
    }

    /** At the begin of a stream other workers may still have the cores. */
    @Test
    void shapeThatIsForcedForSomeStepsIsNotTriedAgainSooner() {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, StepShapesTest::perfect);
        int slow = 0;
        for (int stream = 0; stream < 100; stream++) {
            shapes.allow(1);
            run(shapes, 1, 2, StepShapesTest::perfect);
            shapes.allow(2);
            for (StepShape shape : run(shapes, 1, 126, StepShapesTest::perfect)) {
                slow += shape.threads() == 1 ? 1 : 0;
            }
        }
        assertThat(slow).isBetween(1, 10);
    }

    @Test
    void chosenShapeThatGetsSlowerIsLeft() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.rowByRow() ? 50 : 100);
        List<StepShape> later = run(shapes, 2, 20, shape -> shape.rowByRow() ? 150 : 100);
        assertThat(later.getFirst().rowByRow()).isTrue();
        assertThat(later.getLast().rowByRow()).isFalse();
    }

    @Test
    void slowShapeThatGetsFasterIsChosen() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.rowByRow() ? 110 : 100);
        List<StepShape> later = run(shapes, 2, 64, shape -> shape.rowByRow() ? 50 : 100);
        assertThat(later.getFirst().rowByRow()).isFalse();
        assertThat(later.getLast().rowByRow()).isTrue();
    }

    @Test
    void verySlowShapeThatGetsFasterIsChosenSoon() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.rowByRow() ? 400 : 100);
        List<StepShape> later = run(shapes, 2, 80, shape -> shape.rowByRow() ? 50 : 100);
        assertThat(later.subList(76, 80)).extracting(StepShape::rowByRow).containsOnly(true);
    }

    @Test
    void threadsAreGivenUpWhenTheyBecomeUseless() {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, StepShapesTest::perfect);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(2);
        run(shapes, 1, 40, shape -> 1000);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(1);
    }

    /** As measured: a step of two threads takes two or three times as long if the second one slept before it. */
    @Test
    void threadsThatSleptAreTriedUntilTheyAreAwake() {
        StepShapes shapes = allowed(1, 2, 2);
        int[] last = {1};
        List<StepShape> chosen = run(shapes, 1, 80, shape -> {
            boolean woken = shape.threads() > last[0];
            last[0] = shape.threads();
            return shape.threads() == 1 ? 66 : woken ? 150 : 62;
        });
        assertThat(chosen.getLast().threads()).isEqualTo(2);
        StepShapes paused = allowed(1, 2, 2);
        run(paused, 1, LEARNED, shape -> shape.threads() == 1 ? 66 : 200);
        List<StepShape> later = run(paused, 1, 80, shape -> shape.threads() == 1 ? 66 : 62);
        assertThat(later.getFirst().threads()).isEqualTo(1);
        assertThat(later.getLast().threads()).isEqualTo(2);
    }

    @Test
    void oneUnusualTimeChangesNothing() {
        StepShapes shapes = new StepShapes(true, 1, 1);
        run(shapes, 2, LEARNED, shape -> shape.rowByRow() ? 50 : 100);
        run(shapes, 2, 1, shape -> 200);
        assertThat(shapes.ofRows(2).rowByRow()).isTrue();
    }

    @Test
    void promptsHaveTheirOwnTimes() {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, shape -> 100);
        for (int i = 0; i < LEARNED; i++) {
            int threads = shapes.threadsOfPrompts(100);
            shapes.promptsTook(100, threads, 1000 / threads);
        }
        assertThat(shapes.threadsOfPrompts(100)).isEqualTo(2);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(1);
    }

    @Test
    void firstPromptIsComputedByAllAllowedThreads() {
        StepShapes shapes = allowed(1, 8, 4);
        assertThat(promptThreads(shapes, threads -> 1000 / threads))
                .as("fewer than two cannot be faster")
                .containsExactly(4, 4, 2, 2, 4, 4, 4, 4, 4);
    }

    @Test
    void promptsTryFewerThreadsAsLongAsThatHelps() {
        StepShapes shapes = allowed(1, 8, 4);
        assertThat(promptThreads(shapes, threads -> 100 + threads * 10)).containsExactly(4, 4, 2, 2, 1, 1, 1, 1, 1);
    }

    @Test
    void promptsUseFewerThreadsIfThatIsFaster() {
        StepShapes shapes = allowed(1, 2, 2);
        assertThat(promptThreads(shapes, threads -> threads == 1 ? 100 : 101)).endsWith(1, 1, 1);
    }

    @Test
    void promptsSoonTryAgainAllThreadsWhoseFirstMeasurementsWereDisturbed() {
        StepShapes shapes = new StepShapes(true, 1, 2);
        shapes.allow(2);
        List<Integer> chosen = new ArrayList<>();
        for (int prompt = 0; prompt < 20; prompt++) {
            int threads = shapes.threadsOfPrompts(30);
            chosen.add(threads);
            shapes.promptsTook(30, threads, prompt < 2 ? 3000 : 1000 / threads);
        }
        assertThat(chosen.subList(0, 5)).containsExactly(2, 2, 1, 1, 1);
        assertThat(chosen.subList(14, 20)).containsOnly(2);
    }

    @Test
    void threadsOnceTakenAreKeptUntilTheyGainLittle() {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, shape -> shape.threads() == 1 ? 100 : 90);
        run(shapes, 1, 20, shape -> shape.threads() == 1 ? 100 : 97);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(2);
        run(shapes, 1, 20, shape -> shape.threads() == 1 ? 100 : 99);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(1);
    }

    @Test
    void oneLongPauseDoesNotCostThreads() {
        StepShapes shapes = allowed(1, 2, 2);
        run(shapes, 1, LEARNED, shape -> shape.threads() == 1 ? 100 : 90);
        run(shapes, 1, 1, shape -> 10_000);
        assertThat(shapes.ofRows(1).threads()).isEqualTo(2);
        run(shapes, 1, 2, shape -> shape.threads() == 1 ? 100 : 10_000);
        assertThat(shapes.ofRows(1).threads()).as("three in a row").isEqualTo(1);
    }

    @Test
    void timesOfPromptsCountByToken() {
        StepShapes shapes = allowed(1, 2, 2);
        for (int i = 0; i < 4; i++) {
            int threads = shapes.threadsOfPrompts(100);
            shapes.promptsTook(threads == 1 ? 100 : 70, threads, threads == 1 ? 1000 : 900);
        }
        assertThat(shapes.threadsOfPrompts(100)).isEqualTo(1);
    }

    /** A token takes longer in a short piece, which says nothing about the threads that computed it. */
    @Test
    void longPiecesOfPromptsAreNotComparedWithShortOnes() {
        StepShapes shapes = allowed(1, 2, 2);
        for (int i = 0; i < 50; i++) {
            int tokens = i % 4 < 2 ? 8 : 200;
            int threads = shapes.threadsOfPrompts(tokens);
            shapes.promptsTook(tokens, threads, (tokens + 100.0) / threads);
        }
        assertThat(shapes.threadsOfPrompts(8)).isEqualTo(2);
        assertThat(shapes.threadsOfPrompts(200)).isEqualTo(2);
    }

    private static List<Integer> promptThreads(StepShapes shapes, IntToDoubleFunction time) {
        List<Integer> all = new ArrayList<>();
        for (int i = 0; i < 9; i++) {
            int threads = shapes.threadsOfPrompts(1);
            all.add(threads);
            shapes.promptsTook(1, threads, time.applyAsDouble(threads));
        }
        return all;
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

    private static boolean triesRowByRow(StepShapes shapes, int rows) {
        return run(shapes, rows, LEARNED, shape -> 100).stream().anyMatch(StepShape::rowByRow);
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
