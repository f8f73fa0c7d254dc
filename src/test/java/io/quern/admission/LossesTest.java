package io.quern.admission;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class LossesTest {
    @Test
    void theLastMoveIsMadeAloneAndThenItIsToBlame() {
        Losses losses = new Losses(3);
        assertThat(losses.add(0, 0)).isTrue();
        assertThat(losses.add(1, 5)).isTrue();
        assertThat(losses.suspect()).isFalse();
        assertThat(losses.add(0, 5)).isTrue();
        assertThat(losses.suspect()).isTrue();
        assertThat(losses.add(1, 7)).isFalse();
        assertThat(losses.workers()).containsExactly(0, 1, 0, 1);
    }

    @Test
    void whoGetsOnAloneIsCleared() {
        Losses losses = new Losses(1);
        assertThat(losses.clearedBy(1000)).isFalse();
        assertThat(losses.add(0, 40)).isTrue();
        assertThat(losses.clearedBy(40 + Losses.PROOF - 1)).isFalse();
        assertThat(losses.clearedBy(40 + Losses.PROOF)).isTrue();
        assertThat(losses.suspect()).isFalse();
        assertThat(losses.count()).isZero();
    }

    @Test
    void whatEndsItsWorkersAgainAndAgainIsNotClearedForEver() {
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
        assertThat(losses.add(0, delivered + 1000)).isFalse();
    }

    @Test
    void withoutMovesNobodyIsASuspect() {
        Losses losses = new Losses(0);
        assertThat(losses.add(0, 3)).isFalse();
        assertThat(losses.suspect()).isFalse();
    }
}
