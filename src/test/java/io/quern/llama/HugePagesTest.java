package io.quern.llama;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.quern.llama.HugePages.Area;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;

class HugePagesTest {
    private static final long PAGE = 0x1000;

    @Test
    void onlyWholePagesMove() {
        assertThat(news(List.of(), new Area(0x10800, 0x14800))).containsExactly(new Area(0x11000, 0x14000));
    }

    @Test
    void smallAreasStay() {
        assertThat(news(List.of(), new Area(0x10000, 0x11000), new Area(0x20800, 0x22800)))
                .isEmpty();
    }

    @Test
    void whatWasThereBeforeStays() {
        List<Area> before = List.of(new Area(0x10000, 0x20000), new Area(0x40000, 0x50000));
        assertThat(news(before, new Area(0x10000, 0x20000), new Area(0x60000, 0x70000)))
                .containsExactly(new Area(0x60000, 0x70000));
    }

    /** The kernel shows neighbouring areas as one. */
    @Test
    void areasThatGrewMoveInPart() {
        List<Area> before = List.of(new Area(0x10000, 0x20000), new Area(0x30000, 0x38000), new Area(0x40000, 0x50000));
        assertThat(news(before, new Area(0x8000, 0x60000)))
                .containsExactly(
                        new Area(0x8000, 0x10000),
                        new Area(0x20000, 0x30000),
                        new Area(0x38000, 0x40000),
                        new Area(0x50000, 0x60000));
    }

    @Test
    void newMemoryMoves() throws IOException {
        Path allowed = Path.of("/sys/kernel/mm/transparent_hugepage/enabled");
        assumeThat(allowed).as("the kernel has huge pages").isReadable();
        assumeThat(Files.readString(allowed)).as("nobody forbids them").doesNotContain("[never]");
        long before = hugeKib();
        HugePages pages = HugePages.before();
        try (Arena arena = Arena.ofConfined()) {
            // the C library maps so much by itself
            MemorySegment memory = arena.allocate(64 << 20).fill((byte) 7);
            AtomicInteger calls = new AtomicInteger();
            pages.move(calls::incrementAndGet);
            assertThat(calls).hasPositiveValue();
            assumeThat(hugeKib()).as("huge pages were free").isGreaterThan(before);
            assertThat(hugeKib() - before).isGreaterThan(32 << 10);
            assertThat(memory.get(java.lang.foreign.ValueLayout.JAVA_BYTE, memory.byteSize() - 1))
                    .isEqualTo((byte) 7);
        }
    }

    private static List<Area> news(List<Area> before, Area... after) {
        return HugePages.news(before, List.of(after), PAGE);
    }

    private static long hugeKib() throws IOException {
        return Files.readAllLines(Path.of("/proc/self/smaps_rollup")).stream()
                .filter(line -> line.startsWith("AnonHugePages:"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")))
                .findFirst()
                .orElse(0);
    }
}
