package io.quern.jvm;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class WorkerBoundsTest {
    private static final long MIB = 1 << 20;
    private static final int FRAME = 32 << 20;

    @Test
    void smallModelGetsASmallHeap() {
        WorkerBounds bounds = WorkerBounds.of(4, 1024, 2048, 16, FRAME, List.of());
        assertThat(bounds.promptBytes()).isEqualTo(1024 * 16);
        assertThat(bounds.requestBytes()).isEqualTo(1024 * 16 + 65_536 + 5 * 1024);
        assertThat(bounds.heapBytes()).isEqualTo(22 * MIB);
        assertThat(bounds.options())
                .containsExactly("-Xmx22m", "-Xmn10m", "-XX:MaxDirectMemorySize=17m", "-XX:+ExitOnOutOfMemoryError");
    }

    @Test
    void heapGrowsWithSlotsContextAndPrompt() {
        WorkerBounds many = WorkerBounds.of(64, 131_072, 128_256, 128, FRAME, List.of());
        assertThat(many.promptBytes()).isEqualTo(16 * MIB);
        assertThat(many.heapBytes()).as("the prompt of each slot and one more").isGreaterThan(64 * 16 * MIB);
        assertThat(many.directBytes()).isGreaterThan(5 * 16 * MIB);
    }

    @Test
    void promptIsNoLongerThanAFrame() {
        assertThat(WorkerBounds.of(1, 1 << 20, 256_000, 256, FRAME, List.of()).requestBytes())
                .isEqualTo(FRAME);
        assertThat(WorkerBounds.of(1, 4096, 0, 0, FRAME, List.of()).promptBytes())
                .as("a file that does not list its tokens")
                .isEqualTo(FRAME);
    }

    @ParameterizedTest
    @CsvSource({
        "-Xmx256m, 256",
        "-Xmx1G, 1024",
        "-XX:MaxHeapSize=67108864, 64",
        "-Xms128m, 128",
        "-XX:InitialHeapSize=1g, 1024",
        "-Xms8m, 22",
        "-Xmn4m, 22",
        "-Dx=-Xmx256m, 22"
    })
    void configuredHeapIsPlannedFor(String option, long mib) {
        WorkerBounds bounds = WorkerBounds.of(4, 1024, 2048, 16, FRAME, List.of("-Dfirst=1", option));
        assertThat(bounds.heapBytes()).isEqualTo(mib * MIB);
    }
}
