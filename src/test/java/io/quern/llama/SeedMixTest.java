package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class SeedMixTest {

    @Test
    void sameSeedAndPositionGiveSameDraw() {
        assertThat(SeedMix.mix(42, 7)).isEqualTo(SeedMix.mix(42, 7));
    }

    @Test
    void neighbouringSeedsAndPositionsRarelyCollide() {
        Set<Integer> seen = new HashSet<>();
        for (long seed = -50; seed < 50; seed++) {
            for (long position = 0; position < 1000; position++) {
                seen.add(SeedMix.mix(seed, position));
            }
        }
        // 100000 out of 2^32: about one pair would meet by chance
        assertThat(seen).hasSizeGreaterThan(99_990);
    }

    @Test
    void eachBitIsSetHalfTheTime() {
        int[] set = new int[32];
        for (int position = 0; position < 10_000; position++) {
            int mixed = SeedMix.mix(1, position);
            for (int bit = 0; bit < 32; bit++) {
                set[bit] += mixed >>> bit & 1;
            }
        }
        for (int count : set) {
            // five standard deviations of a fair coin
            assertThat(count).isBetween(4750, 5250);
        }
    }
}
