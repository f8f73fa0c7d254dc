package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StepShareTest {
    private final StepShare share = new StepShare(50);

    @Test
    void prompts_get_what_live_sequences_leave_of_the_step() {
        assertThat(share.ofPrompts(11, 1, 1)).isEqualTo(39);
        assertThat(share.ofPrompts(11, 8, 1)).isEqualTo(39);
    }

    @Test
    void and_no_less_than_these_take() {
        assertThat(share.ofPrompts(40, 8, 1)).isEqualTo(40);
        assertThat(share.ofPrompts(300, 64, 1)).isEqualTo(300);
    }

    @Test
    void more_where_more_wait_than_are_live() {
        assertThat(share.ofPrompts(40, 8, 24)).isEqualTo(120);
    }

    @Test
    void up_to_a_bound() {
        assertThat(share.ofPrompts(40, 1, 63)).isEqualTo(200);
    }

    @Test
    void where_nothing_is_live_nobody_waits_for_them() {
        assertThat(share.ofPrompts(0, 0, 1)).isEqualTo(200);
    }
}
