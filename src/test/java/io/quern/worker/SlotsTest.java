package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class SlotsTest {
    private final Slots slots = new Slots(4);

    @Test
    void lowestFreeSlotIsTakenFirst() {
        assertThat(take()).isZero();
        assertThat(take()).isEqualTo(1);
        slots.free(all -> true);
        assertThat(take()).isZero();
    }

    @Test
    void smallReuseKeepsSlotOrder() {
        assertThat(slots.take(null, number -> number == 2 ? Slots.WORTH_IT - 1 : 0)
                        .number())
                .isZero();
    }

    @Test
    void largeReuseBreaksSlotOrder() {
        assertThat(slots.take(null, number -> number * Slots.WORTH_IT).number()).isEqualTo(3);
        assertThat(take()).isZero();
        assertThat(slots.take(null, number -> number * Slots.WORTH_IT).number()).isEqualTo(2);
        assertThat(take()).isEqualTo(1);
        assertThatIllegalStateException().isThrownBy(this::take);
    }

    private int take() {
        return slots.take(null, number -> 0).number();
    }
}
