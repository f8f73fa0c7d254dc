package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StepShareTest {
    private final StepShare share = new StepShare(50);

    @Test
    void promptDoesNotDoubleTheLiveSequencesTime() {
        assertThat(share.ofPrompts(40, 8, 1)).isEqualTo(32);
        assertThat(share.ofPrompts(300, 64, 1)).isEqualTo(240);
        assertThat(share.ofPrompts(40, 8, 4)).isEqualTo(32);
    }

    @Test
    void promptsGetTheRestOfTheStepBesideOneSequence() {
        assertThat(share.ofPrompts(7, 1, 1)).isEqualTo(43);
        assertThat(share.ofPrompts(0, 1, 1)).isEqualTo(50);
        assertThat(share.ofPrompts(40, 1, 1)).isEqualTo(40);
        assertThat(share.ofPrompts(70, 1, 1)).isEqualTo(70);
    }

    @Test
    void eachFurtherSequenceHalvesTheRest() {
        assertThat(share.ofPrompts(10, 2, 1)).isEqualTo(20);
        assertThat(share.ofPrompts(2, 3, 1)).isEqualTo(12);
        assertThat(share.ofPrompts(14, 3, 1)).isEqualTo(11);
    }

    @Test
    void eightFastSequencesDoNotWaitForTheRestOfTheStep() {
        assertThat(share.ofPrompts(11, 8, 1)).isEqualTo(8);
        assertThat(share.ofPrompts(5, 8, 1)).isEqualTo(4);
        assertThat(share.ofPrompts(0, 8, 1)).isEqualTo(3);
        assertThat(share.ofPrompts(0, 1000, 1)).isEqualTo(3);
        assertThat(share.ofPrompts(500, 1000, 1)).isEqualTo(400);
    }

    @Test
    void waitingPromptCountsAsMuchAsLiveSequence() {
        assertThat(share.ofPrompts(40, 8, 8)).isEqualTo(40);
        assertThat(share.ofPrompts(40, 8, 24)).isEqualTo(120);
    }

    @Test
    void promptsTimeIsBounded() {
        assertThat(share.ofPrompts(40, 1, 63)).isEqualTo(200);
    }

    @Test
    void promptsGetLongStepsWithoutLiveSequences() {
        assertThat(share.ofPrompts(0, 0, 1)).isEqualTo(200);
    }
}
