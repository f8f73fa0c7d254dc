package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

class CellMemoryTest {
    private static final int PAGE = 4096;

    /** Each of two tensors has one page for each token. */
    private static final CacheLayout LAYOUT = CacheLayouts.of(2, 4, 256, PAGE);

    private static final long EDGES = 5L * 2 * PAGE;

    @Test
    void slotsShareTheLimit() {
        CellMemory memory = counting(EDGES + 2L * PAGE * 300);
        assertThat(memory.grow(0, 200)).isTrue();
        assertThat(memory.grow(1, 100)).isTrue();
        assertThat(memory.grow(1, 101)).isFalse();
        assertThat(memory.granted(1)).isEqualTo(100);
        assertThat(memory.grow(0, 150)).as("fewer than it has").isTrue();
        assertThat(memory.shrink(0, 199)).isTrue();
        assertThat(memory.grow(1, 101)).isTrue();
        assertThat(memory.shrink(1, 101)).as("nothing to free").isFalse();
    }

    @Test
    void oneFullSlotAlwaysFits() {
        CellMemory memory = counting(1);
        assertThat(memory.grow(3, 1000)).isTrue();
        assertThat(memory.granted(3)).isEqualTo(256);
        assertThat(memory.grow(0, 1)).isFalse();
        assertThat(memory.fits(memory.touched(256))).isTrue();
        assertThat(memory.fits(memory.touched(256) + 1)).isFalse();
    }

    @Test
    @EnabledOnOs(OS.LINUX)
    void freedPagesAreZeroAndOthersStay() throws Throwable {
        long page = Pages.ofMachine().size();
        try (Arena arena = Arena.ofConfined()) {
            CacheLayout layout = CacheLayouts.of(2, 4, 256, (int) page);
            // like llama.cpp's, it does not begin at a page
            MemorySegment buffer = mapped(arena, 2 * 4 * 256 * page + page).asSlice(64, 2 * 4 * 256 * page);
            buffer.fill((byte) 1);
            CellMemory memory = new CellMemory(layout, Optional.of(buffer), Pages.ofMachine(), 4, Long.MAX_VALUE);
            assertThat(memory.grow(1, 256)).isTrue();
            assertThat(memory.shrink(1, 10)).isTrue();
            for (long tensor : new long[] {0, 4 * 256 * page}) {
                assertThat(buffer.get(JAVA_BYTE, tensor + 256 * page - 1))
                        .as("slot 0")
                        .isEqualTo((byte) 1);
                assertThat(buffer.get(JAVA_BYTE, tensor + 266 * page - 1))
                        .as("what slot 1 holds")
                        .isEqualTo((byte) 1);
                assertThat(buffer.get(JAVA_BYTE, tensor + 267 * page))
                        .as("the rest")
                        .isZero();
                assertThat(buffer.get(JAVA_BYTE, tensor + 511 * page - 65))
                        .as("the rest")
                        .isZero();
                assertThat(buffer.get(JAVA_BYTE, tensor + 512 * page))
                        .as("slot 2")
                        .isEqualTo((byte) 1);
            }
        }
    }

    private static CellMemory counting(long limit) {
        return new CellMemory(LAYOUT, Optional.empty(), new Pages(PAGE), 4, limit);
    }

    /** Maps private memory, as the C library does for large blocks. */
    private static MemorySegment mapped(Arena arena, long bytes) throws Throwable {
        Linker linker = Linker.nativeLinker();
        var map = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("mmap"),
                FunctionDescriptor.of(
                        ValueLayout.ADDRESS,
                        ValueLayout.ADDRESS,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG));
        var unmap = linker.downcallHandle(
                linker.defaultLookup().findOrThrow("munmap"),
                FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.JAVA_LONG));
        int readAndWrite = 3;
        int privateAnonymous = 0x22;
        MemorySegment address =
                (MemorySegment) map.invokeExact(MemorySegment.NULL, bytes, readAndWrite, privateAnonymous, -1, 0L);
        return address.reinterpret(bytes, arena, memory -> {
            try {
                int ignored = (int) unmap.invokeExact(memory, bytes);
            } catch (Throwable e) {
                throw new AssertionError(e);
            }
        });
    }
}
