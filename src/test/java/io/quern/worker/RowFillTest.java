package io.quern.worker;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RowFillTest {
    @Test
    void foursFillAlignedBlocks() {
        RowFill fours = RowFill.of(4, 1, 12);
        assertThat(fours.rows(slots(0), 12)).isEqualTo(slots(0, 1, 2, 3));
        assertThat(fours.rows(slots(3, 4), 12)).isEqualTo(slots(0, 1, 2, 3, 4, 5, 6, 7));
        assertThat(fours.rows(slots(1, 11), 12)).isEqualTo(slots(0, 1, 2, 3, 8, 9, 10, 11));
    }

    @Test
    void twosFillOnlySingleSlots() {
        RowFill twos = RowFill.of(1, 2, 6);
        assertThat(twos.rows(slots(0), 6)).isEqualTo(slots(0, 1));
        assertThat(twos.rows(slots(5), 6)).isEqualTo(slots(4, 5));
        assertThat(twos.rows(slots(0, 1, 2), 6)).isEqualTo(slots(0, 1, 2));
        assertThat(twos.rows(slots(0, 2, 5), 6)).as("they join").isEqualTo(slots(0, 1, 2, 4, 5));
        assertThat(twos.rows(slots(2, 3, 5), 6)).isEqualTo(slots(2, 3, 4, 5));
    }

    @Test
    void fewSlotsNeedNothing() {
        assertThat(RowFill.of(1, 2, 1).needed()).isFalse();
        assertThat(RowFill.of(4, 1, 3).needed()).isFalse();
        assertThat(RowFill.of(4, 2, 3)).isEqualTo(new RowFill(1, 2));
        assertThat(RowFill.of(1, 8, 7).needed()).isFalse();
        assertThat(RowFill.of(0, 0, 8).needed()).as("not configured").isFalse();
    }

    @Test
    void promptsShareABatchIfPairsOfRowsWillDo() {
        assertThat(RowFill.mayJoinPrompts(0, 0)).as("not configured").isTrue();
        assertThat(RowFill.mayJoinPrompts(1, 2)).isTrue();
        assertThat(RowFill.mayJoinPrompts(4, 1)).isFalse();
        assertThat(RowFill.mayJoinPrompts(1, 8)).isFalse();
    }

    @Test
    void everyRunHasTheRightLength() {
        Random random = new Random(1);
        for (int i = 0; i < 2000; i++) {
            int multiple = random.nextBoolean() ? 1 : 4;
            int least = new int[] {1, 2, 8}[random.nextInt(3)];
            int slots = multiple * (1 + random.nextInt(8));
            BitSet live = new BitSet();
            live.set(random.nextInt(slots));
            random.ints(random.nextInt(slots), 0, slots).forEach(live::set);
            RowFill fill = RowFill.of(multiple, least, slots);
            BitSet rows = fill.rows(live, slots);
            BitSet lost = (BitSet) live.clone();
            lost.andNot(rows);
            assertThat(lost.isEmpty()).as("all live slots are in the batch").isTrue();
            assertThat(rows.length()).isLessThanOrEqualTo(slots);
            for (int begin = rows.nextSetBit(0); begin >= 0; ) {
                int end = rows.nextClearBit(begin);
                assertThat((end - begin) % multiple).as("%s of %s", rows, fill).isZero();
                assertThat(end - begin).as("%s of %s", rows, fill).isGreaterThanOrEqualTo(fill.least());
                begin = rows.nextSetBit(end);
            }
        }
    }

    private static BitSet slots(int... numbers) {
        BitSet slots = new BitSet();
        for (int number : numbers) {
            slots.set(number);
        }
        return slots;
    }
}
