package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LossesTest {
    @Test
    void onlyLossAfterLastMoveBlamesTheRequest() {
        Losses losses = new Losses(3);
        losses.add(0, 0);
        assertThat(losses.exhausted()).isFalse();
        losses.add(1, 5);
        assertThat(losses.exhausted()).isFalse();
        assertThat(losses.suspect()).isFalse();
        losses.add(0, 5);
        assertThat(losses.exhausted()).isFalse();
        assertThat(losses.suspect()).isTrue();
        losses.add(1, 7);
        assertThat(losses.exhausted()).isTrue();
        assertThat(losses.workers()).containsExactly(0, 1, 0, 1);
    }

    @Test
    void onlyProgressClearsTheRequest() {
        Losses losses = new Losses(1);
        assertThat(losses.clearedBy(1000)).isFalse();
        losses.add(0, 40);
        assertThat(losses.exhausted()).isFalse();
        assertThat(losses.clearedBy(40 + Losses.PROOF - 1)).isFalse();
        assertThat(losses.clearedBy(40 + Losses.PROOF)).isTrue();
        assertThat(losses.suspect()).isFalse();
        assertThat(losses.count()).isZero();
    }

    @Test
    void requestIsClearedUpToTheLimit() {
        Losses losses = new Losses(2);
        int delivered = 0;
        for (int cleared = 0; cleared < 2; cleared++) {
            losses.add(0, delivered);
            losses.add(0, delivered);
            delivered += Losses.PROOF;
            assertThat(losses.clearedBy(delivered)).isTrue();
        }
        losses.add(0, delivered);
        losses.add(0, delivered);
        assertThat(losses.clearedBy(delivered + 1000)).isFalse();
        assertThat(losses.suspect()).isTrue();
        losses.add(0, delivered + 1000);
        assertThat(losses.exhausted()).isTrue();
    }

    @Test
    void withoutMovesThereIsNoSuspect() {
        Losses losses = new Losses(0);
        losses.add(0, 3);
        assertThat(losses.exhausted()).isTrue();
        assertThat(losses.suspect()).isFalse();
    }

    @Test
    void acquittedLossDoesNotCount() {
        Losses losses = new Losses(1);
        Losses.Loss loss = losses.add(0, 3);
        assertThat(losses.suspect()).isTrue();
        Losses.Loss next = losses.add(0, 3);
        assertThat(losses.exhausted()).isTrue();
        losses.acquit(next);
        assertThat(losses.exhausted()).isFalse();
        assertThat(losses.workers()).containsExactly(0);
        losses.acquit(loss);
        losses.acquit(loss);
        assertThat(losses.suspect()).isFalse();
    }
}
