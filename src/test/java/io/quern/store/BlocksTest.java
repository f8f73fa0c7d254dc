package io.quern.store;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.BitSet;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class BlocksTest {
    private static final long SIZE = 10L * Blocks.BYTES + 5;

    @Test
    void everyBlockIsTakenOnce() {
        BitSet done = new BitSet();
        done.set(3);
        Blocks blocks = new Blocks(SIZE, 2, done);
        BitSet taken = new BitSet();
        for (Optional<Blocks.Run> run = blocks.take(2); run.isPresent(); run = blocks.take(2)) {
            for (int block = run.get().first(); block < run.get().after(); block++) {
                assertThat(taken.get(block)).isFalse();
                taken.set(block);
            }
        }
        assertThat(taken.cardinality()).isEqualTo(10);
        assertThat(taken.get(3)).isFalse();
        assertThat(blocks.doneBytes()).isEqualTo(Blocks.BYTES);
        blocks.giveBack(5, 7);
        assertThat(blocks.take(9)).contains(new Blocks.Run(5, 6));
    }

    @Test
    void lastBlockIsShorter() {
        Blocks blocks = new Blocks(SIZE, 2, new BitSet());
        assertThat(Blocks.count(SIZE)).isEqualTo(11);
        assertThat(blocks.length(9)).isEqualTo(Blocks.BYTES);
        assertThat(blocks.length(10)).isEqualTo(5);
        blocks.arrived(10);
        assertThat(blocks.doneBytes()).isEqualTo(5);
    }

    @Test
    void requestsGrowWithTheWaitForTheFirstByte() {
        RunLength length = new RunLength();
        assertThat(length.next()).isEqualTo(RunLength.LEAST);
        // 10 blocks in 10 ms after a wait of 1 ms: the least
        length.observe(1_000_000, 10, 10_000_000);
        assertThat(length.next()).isEqualTo(4);
        RunLength far = new RunLength();
        far.observe(20_000_000, 10, 10_000_000);
        assertThat(far.next()).isEqualTo(80);
        far.observe(200_000_000, 10, 10_000_000);
        assertThat(far.next()).as("the shortest wait counts").isEqualTo(80);
        far.observe(200_000_000, 100, 10_000_000);
        assertThat(far.next()).isEqualTo(RunLength.MOST);
    }
}
