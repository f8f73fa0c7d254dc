package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.Generate;
import org.junit.jupiter.api.Test;

class DraftsTest {
    private static final int PERIOD = 5;

    private final Drafts drafts = new Drafts(7);
    private final StepShapes shapes = new StepShapes(false, 1, 2);

    @Test
    void nothingIsDraftedBeforeASingleRowWasMeasured() {
        assertThat(drafts.of(repeating(), shapes)).isEmpty();
    }

    @Test
    void lengthIsTheOneWithMostTokensPerSecond() {
        take(1, 1, 5);
        take(4, 1, 8);
        take(8, 1, 30);
        assertThat(drafts.of(repeating(), shapes)).hasSize(3);
        take(8, 1, 9);
        assertThat(drafts.of(repeating(), shapes)).hasSize(7).startsWith(0, 1, 2);
    }

    @Test
    void draftThatIsHardlyFasterIsNotChecked() {
        take(1, 1, 5);
        take(4, 1, 19);
        take(8, 1, 38);
        assertThat(drafts.of(repeating(), shapes)).isEmpty();
    }

    @Test
    void slowDraftIsTriedAgainLater() {
        take(1, 1, 5);
        take(4, 1, 100);
        take(8, 1, 100);
        Sequence sequence = repeating();
        assertThat(drafts.of(sequence, shapes)).isEmpty();
        assertThat(count(sequence, 200)).as("of 200").isEqualTo(2);
        take(4, 1, 8);
        assertThat(count(sequence, 200)).isEqualTo(200);
    }

    private int count(Sequence sequence, int steps) {
        int checked = 0;
        for (int i = 0; i < steps; i++) {
            checked += drafts.of(sequence, shapes).length > 0 ? 1 : 0;
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
        assertThat(drafts.of(repeating(), shapes)).hasSize(7);
        shapes.allow(1);
        assertThat(drafts.of(repeating(), shapes)).isEmpty();
    }

    @Test
    void newTextHasNoDraft() {
        take(1, 1, 5);
        Sequence sequence = sequence(1000);
        sequence.lookup().add(17);
        assertThat(drafts.of(sequence, shapes)).isEmpty();
    }

    @Test
    void draftDoesNotExceedTheContext() {
        take(1, 1, 5);
        Sequence sequence = repeating(sequence(PERIOD + 5));
        sequence.cached(PERIOD);
        assertThat(drafts.of(sequence, shapes)).as("four tokens would fit").hasSize(3);
        sequence.cached(2);
        assertThat(drafts.of(sequence, shapes)).as("two tokens would fit").isEmpty();
        assertThat(new Drafts(0).possible()).isFalse();
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
