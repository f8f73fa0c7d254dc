package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import org.junit.jupiter.api.Test;

class SlotsTest {
    private final Slots slots = new Slots(4);

    @Test
    void the_lowest_free_slot_is_taken_first() {
        assertThat(take()).isZero();
        assertThat(take()).isEqualTo(1);
        slots.free(all -> true);
        assertThat(take()).isZero();
    }

    @Test
    void a_little_prefilling_saved_is_not_worth_a_slot_out_of_order() {
        assertThat(slots.take(null, number -> number == 2 ? Slots.WORTH_IT - 1 : 0)
                        .number())
                .isZero();
    }

    @Test
    void much_of_it_is() {
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
