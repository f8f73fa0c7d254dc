package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QuestionLossesTest {
    @Test
    void lossesWithoutRequestsBlameTheQuestion() {
        QuestionLosses losses = new QuestionLosses(2, 3);
        losses.add(0, true);
        assertThat(losses.exhausted()).isFalse();
        losses.add(1, true);
        assertThat(losses.exhausted()).isTrue();
        assertThat(losses.workers()).containsExactly(0, 1);
    }

    @Test
    void requestThatEndsWorkersDoesNotBlameTheQuestion() {
        QuestionLosses losses = new QuestionLosses(2, 3);
        for (int moves = 0; moves < 3; moves++) {
            losses.add(0, false);
        }
        assertThat(losses.exhausted()).as("from now on the request is alone").isFalse();
        losses.add(0, false);
        assertThat(losses.exhausted()).isTrue();
    }

    @Test
    void acquittedLossDoesNotCount() {
        QuestionLosses losses = new QuestionLosses(1, 0);
        QuestionLosses.Loss loss = losses.add(0, true);
        assertThat(losses.exhausted()).isTrue();
        losses.acquit(loss);
        assertThat(losses.exhausted()).isFalse();
        assertThat(losses.workers()).isEmpty();
    }
}
