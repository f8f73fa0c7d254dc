package io.quern.pool;

import static org.assertj.core.api.Assertions.assertThat;

import io.quarkus.runtime.configuration.MemorySize;
import java.math.BigInteger;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class PrefixMemoryTest {
    private static final long MIB = 1L << 20;
    private static final long DEFAULT = PrefixMemory.DEFAULT_BYTES;

    @Test
    void withoutAPlanTheConfigurationApplies() {
        assertThat(bytes(Optional.empty(), false)).isEqualTo(DEFAULT);
        assertThat(bytes(Optional.of(3L), false)).isEqualTo(3);
        assertThat(bytes(Optional.of(0L), false)).isZero();
        assertThat(bytes(Optional.empty(), true)).as("several models").isZero();
        assertThat(bytes(Optional.of(3L), true)).isEqualTo(3);
    }

    @Test
    void storeAndWhatIsUnderwayFitIntoWhatIsLeft() {
        assertThat(PrefixMemory.fitting(DEFAULT, 2048 * MIB, 1)).isEqualTo(DEFAULT);
        assertThat(PrefixMemory.fitting(DEFAULT, 400 * MIB, 1)).isEqualTo(100 * MIB);
        assertThat(PrefixMemory.fitting(DEFAULT, 700 * MIB, 2)).isEqualTo(100 * MIB);
        assertThat(PrefixMemory.fitting(MIB, 400 * MIB, 1)).as("configured").isEqualTo(MIB);
    }

    @Test
    void storeWithoutRoomIsLeftOut() {
        assertThat(PrefixMemory.fitting(DEFAULT, 63 * MIB, 1)).isZero();
        assertThat(PrefixMemory.fitting(DEFAULT, -1000 * MIB, 2)).isZero();
        assertThat(PrefixMemory.fitting(0, -1000 * MIB, 2)).isZero();
        assertThat(PrefixMemory.fitting(0, 1000 * MIB, 2)).isZero();
    }

    private static long bytes(Optional<Long> configured, boolean several) {
        return new PrefixMemory(configured.map(size -> new MemorySize(BigInteger.valueOf(size))), several)
                .bytes(Optional.empty(), 2);
    }
}
