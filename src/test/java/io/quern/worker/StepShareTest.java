package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StepShareTest {
    private static final long LONG = 5001;

    private final StepShare share = new StepShare(50);

    @Test
    void promptDoesNotDoubleTheLiveSequencesTime() {
        assertThat(share.ofPrompts(40, 8, 1, LONG)).isEqualTo(32);
        assertThat(share.ofPrompts(300, 64, 1, LONG)).isEqualTo(240);
        assertThat(share.ofPrompts(40, 8, 4, LONG)).isEqualTo(32);
    }

    @Test
    void promptsGetTheRestOfTheStepBesideOneSequence() {
        assertThat(share.ofPrompts(7, 1, 1, LONG)).isEqualTo(43);
        assertThat(share.ofPrompts(0, 1, 1, LONG)).isEqualTo(50);
        assertThat(share.ofPrompts(40, 1, 1, LONG)).isEqualTo(40);
        assertThat(share.ofPrompts(70, 1, 1, LONG)).isEqualTo(70);
    }

    @Test
    void eachFurtherSequenceHalvesTheRest() {
        assertThat(share.ofPrompts(10, 2, 1, LONG)).isEqualTo(20);
        assertThat(share.ofPrompts(2, 3, 1, LONG)).isEqualTo(12);
        assertThat(share.ofPrompts(14, 3, 1, LONG)).isEqualTo(11);
    }

    @Test
    void eightFastSequencesDoNotWaitForTheRestOfTheStep() {
        assertThat(share.ofPrompts(11, 8, 1, LONG)).isEqualTo(8);
        assertThat(share.ofPrompts(5, 8, 1, LONG)).isEqualTo(4);
        assertThat(share.ofPrompts(0, 8, 1, LONG)).isEqualTo(3);
        assertThat(share.ofPrompts(0, 1000, 1, LONG)).isEqualTo(3);
        assertThat(share.ofPrompts(500, 1000, 1, LONG)).isEqualTo(400);
    }

    @Test
    void waitingPromptCountsAsMuchAsLiveSequence() {
        assertThat(share.ofPrompts(40, 8, 8, LONG)).isEqualTo(40);
        assertThat(share.ofPrompts(40, 8, 24, LONG)).isEqualTo(120);
    }

    @Test
    void burstOfShortPromptsIsComputedAtOnce() {
        assertThat(share.ofPrompts(9, 3, 5, 1000)).isEqualTo(400);
        assertThat(share.ofPrompts(9, 6, 2, 600)).as("the rest of the burst").isEqualTo(400);
        assertThat(share.ofPrompts(9, 7, 1, 200)).as("its last prompt").isEqualTo(400);
        assertThat(share.ofPrompts(9, 8, 1, 200)).as("one that came later").isEqualTo(7);
    }

    @Test
    void burstIsManyShortPrompts() {
        assertThat(share.ofPrompts(9, 8, 8, 400)).as("not more than run").isEqualTo(9);
        assertThat(share.ofPrompts(9, 3, 5, 1001)).as("not short").isEqualTo(15);
        assertThat(share.ofPrompts(9, 3, 30, 5001)).as("too many").isEqualTo(90);
        assertThat(share.ofPrompts(9, 3, 30, 5000)).isEqualTo(400);
    }

    @Test
    void burstEndsWithItsLastPrompt() {
        share.ofPrompts(9, 3, 5, 1000);
        share.ofPrompts(9, 8, 0, 0);
        assertThat(share.ofPrompts(9, 8, 2, 400)).isEqualTo(7);
    }

    @Test
    void promptsTimeIsBounded() {
        assertThat(share.ofPrompts(40, 1, 63, LONG)).isEqualTo(200);
    }

    @Test
    void promptsGetLongStepsWithoutLiveSequences() {
        assertThat(share.ofPrompts(0, 0, 1, LONG)).isEqualTo(200);
    }
}
