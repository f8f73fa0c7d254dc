package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import io.quern.wire.WorkerSettings;
import org.junit.jupiter.api.Test;

class ReuseTest {
    @Test
    void workerThatKnowsNothingReusesWholeGrains() {
        Reuse reuse = Reuse.of(WorkerSettings.Computation.getDefaultInstance());
        assertThat(reuse.usable(45, new int[100])).isEqualTo(40);
        assertThat(reuse.most(new int[100])).isEqualTo(96);
        assertThat(reuse.most(new int[98])).isEqualTo(96);
        assertThat(reuse.most(new int[97])).as("no piece of one token").isEqualTo(88);
        assertThat(reuse.most(new int[1])).isZero();
        assertThat(reuse.singleRows()).isFalse();
    }

    @Test
    void twoTokensRemainWhereASingleOneIsSpecial() {
        Reuse reuse = of(2, false);
        assertThat(reuse.usable(45, new int[100])).isEqualTo(44);
        assertThat(reuse.most(new int[100])).isEqualTo(98);
        assertThat(reuse.most(new int[99])).isEqualTo(96);
    }

    @Test
    void onlyTheLastTokenRemainsWhereNoneIsSpecial() {
        Reuse reuse = of(1, true);
        assertThat(reuse.usable(45, new int[100])).isEqualTo(45);
        assertThat(reuse.most(new int[100])).isEqualTo(99);
        assertThat(reuse.most(new int[1])).isZero();
    }

    private static Reuse of(int multiple, boolean singleRows) {
        return Reuse.of(WorkerSettings.Computation.newBuilder()
                .setPromptCuts(WorkerSettings.PromptCuts.newBuilder()
                        .setMultiple(multiple)
                        .setSingleRows(singleRows))
                .build());
    }
}
