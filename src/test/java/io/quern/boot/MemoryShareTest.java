package io.quern.boot;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

class MemoryShareTest {
    private static final long GIB = 1L << 30;
    private static final MemoryLimit MACHINE = new MemoryLimit(8 * GIB, "8 GiB");

    @Test
    void wholeMachineIsTheLimitByDefault() {
        assertThat(MACHINE.within(MemoryShare.ALL)).isEqualTo(MACHINE);
    }

    @Test
    void configuredLimitCountsOnlyBelowTheMachines() {
        assertThat(MACHINE.within(new MemoryShare(2 * GIB, 0, "")))
                .isEqualTo(new MemoryLimit(2 * GIB, "2 GiB (quern.catalog.memory-limit)"));
        assertThat(MACHINE.within(new MemoryShare(16 * GIB, 0, ""))).isEqualTo(MACHINE);
    }

    @Test
    void memoryOfOtherModelsIsNotAvailable() {
        assertThat(MACHINE.within(new MemoryShare(0, 3 * GIB, "small")))
                .isEqualTo(new MemoryLimit(5 * GIB, "8 GiB, of which 3 GiB are for small"));
        assertThat(MACHINE.within(new MemoryShare(0, 9 * GIB, "large")).allows(2))
                .isFalse();
    }

    @Test
    void unknownMemoryStaysUnknown() {
        assertThat(new MemoryLimit(0, "memory unknown")
                        .within(new MemoryShare(0, GIB, "small"))
                        .allows(100 * GIB))
                .isTrue();
    }

    @Test
    void usesAddUpForEachGpu() {
        MemoryUse sum = new MemoryUse(1, Map.of("gpu-a", 10L)).plus(new MemoryUse(2, Map.of("gpu-a", 5L, "gpu-b", 7L)));
        assertThat(sum).isEqualTo(new MemoryUse(3, Map.of("gpu-a", 15L, "gpu-b", 7L)));
        assertThat(new MemoryUse(GIB, Map.of("gpu-a", 2 * GIB)).text()).isEqualTo("1 GiB and 2 GiB on the GPU");
    }
}
