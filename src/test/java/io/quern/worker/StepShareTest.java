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
    void promptsGetAPartOfTheStepBesideShortDecodes() {
        assertThat(share.ofPrompts(1, 1, 1)).isEqualTo(10);
        assertThat(share.ofPrompts(11, 8, 1)).isEqualTo(10);
        assertThat(share.ofPrompts(0, 8, 1)).isEqualTo(10);
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
