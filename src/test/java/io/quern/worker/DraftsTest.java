package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Generate;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class DraftsTest {
    private static final int PERIOD = 5;

    private static final int MOST_ROWS = 20;

    private final Drafts drafts = new Drafts(7, MOST_ROWS);
    private final StepShapes shapes = new StepShapes(false, 1, 2);

    @Test
    void nothingIsDraftedBeforeASingleRowWasMeasured() {
        assertThat(length(repeating())).isZero();
    }

    @Test
    void lengthIsTheOneWithMostTokensPerSecond() {
        take(1, 1, 5);
        take(4, 1, 8);
        take(8, 1, 30);
        assertThat(length(repeating())).isEqualTo(3);
        take(8, 1, 9);
        assertThat(length(repeating())).isEqualTo(7);
        assertThat(repeating().lookup().draft(7)).hasSize(7).startsWith(0, 1, 2);
    }

    @Test
    void draftThatIsHardlyFasterIsNotChecked() {
        take(1, 1, 5);
        take(4, 1, 19);
        take(8, 1, 38);
        assertThat(length(repeating())).isZero();
    }

    @Test
    void slowDraftIsTriedAgainLater() {
        take(1, 1, 5);
        take(4, 1, 100);
        take(8, 1, 100);
        Sequence sequence = repeating();
        assertThat(length(sequence)).isZero();
        assertThat(count(sequence, 200)).as("of 200").isEqualTo(2);
        take(4, 1, 8);
        assertThat(count(sequence, 200)).isEqualTo(200);
    }

    private int count(Sequence sequence, int steps) {
        int checked = 0;
        for (int i = 0; i < steps; i++) {
            checked += length(sequence) > 0 ? 1 : 0;
        }
        return checked;
    }

    @Test
    void timesWithThreadsThatAreNotAllowedDoNotCount() {
        shapes.allow(2);
        take(1, 1, 5);
        take(1, 2, 5);
        for (int rows : new int[] {4, 8}) {
            take(rows, 1, 5 * rows);
            take(rows, 2, 7);
        }
        assertThat(length(repeating())).isEqualTo(7);
        shapes.allow(1);
        assertThat(length(repeating())).isZero();
    }

    @Test
    void newTextHasNoDraft() {
        take(1, 1, 5);
        Sequence sequence = sequence(1000);
        sequence.lookup().add(17);
        assertThat(length(sequence)).isZero();
    }

    @Test
    void draftDoesNotExceedTheContext() {
        take(1, 1, 5);
        Sequence sequence = repeating(sequence(PERIOD + 5));
        sequence.cached(PERIOD);
        assertThat(length(sequence)).as("four tokens would fit").isEqualTo(3);
        sequence.cached(2);
        assertThat(length(sequence)).as("two tokens would fit").isZero();
    }

    @Test
    void noDraftsIfSwitchedOff() {
        take(1, 1, 5);
        take(4, 1, 5);
        assertThat(new Drafts(0, MOST_ROWS).length(List.of(repeating()), shapes))
                .isZero();
    }

    @Test
    void severalSequencesCheckDraftsOfTheSameLength() {
        take(3, 1, 8);
        take(6, 1, 11);
        take(12, 1, 30);
        assertThat(length(repeating(), repeating(), repeating()))
                .as("a second row for each costs little, a fourth one much")
                .isEqualTo(1);
        take(12, 1, 13);
        assertThat(length(repeating(), repeating(), repeating())).isEqualTo(3);
    }

    @Test
    void sequencesWithoutDraftsCount() {
        take(4, 1, 8);
        take(8, 1, 11);
        take(16, 1, 30);
        Sequence[] others = {sequence(1000), sequence(1000), sequence(1000)};
        assertThat(length(repeating(), others[0], others[1], others[2]))
                .as("5 tokens in 11 ms instead of 4 in 8")
                .isZero();
        assertThat(length(repeating(), repeating(), repeating(), others[0]))
                .as("7 tokens")
                .isEqualTo(1);
    }

    @Test
    void sequenceThatHasNoRoomLimitsAll() {
        take(2, 1, 5);
        for (int rows : new int[] {4, 8, 16}) {
            take(rows, 1, 5);
        }
        Sequence full = sequence(PERIOD + 5);
        full.cached(PERIOD + 3);
        assertThat(length(repeating(), full)).isEqualTo(1);
        full.cached(1);
        assertThat(length(repeating(), full)).isZero();
    }

    @Test
    void stepHasNoMoreRowsThanTheContextHasOutputs() {
        for (int rows = 1; rows <= 3 * MOST_ROWS; rows++) {
            take(rows, 1, 5);
        }
        for (int sequences = 1; sequences <= MOST_ROWS; sequences++) {
            Sequence[] live =
                    Stream.generate(DraftsTest::repeating).limit(sequences).toArray(Sequence[]::new);
            int length = length(live);
            assertThat(sequences * (1 + length)).as("rows").isLessThanOrEqualTo(MOST_ROWS);
            assertThat(length > 0).isEqualTo(2 * sequences <= MOST_ROWS);
        }
    }

    private int length(Sequence... live) {
        return drafts.length(List.of(live), shapes);
    }

    private void take(int rows, int threads, double millis) {
        shapes.ofRows(rows);
        for (int i = 0; i < 30; i++) {
            shapes.took(rows, new StepShape(threads, false), millis * 1e6);
        }
    }

    private static Sequence repeating() {
        return repeating(sequence(1000));
    }

    /** Lets a sequence repeat its prompt. */
    private static Sequence repeating(Sequence sequence) {
        for (int i = 0; i < 20 * PERIOD; i++) {
            sequence.lookup().add(i % PERIOD);
        }
        return sequence;
    }

    private static Sequence sequence(int contextLength) {
        int[] prompt = {0, 1, 2, 3, 4};
        return new Sequence(new Request(Generate.getDefaultInstance()), prompt, contextLength, null, null, false);
    }
}
