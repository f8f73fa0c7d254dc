package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT_UNALIGNED;
import static org.assertj.core.api.Assertions.assertThat;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Collections;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class CacheLayoutTest {
    private static final int SLOTS = 3;
    private static final int CONTEXT = 256;
    private static final int KEY = 64;
    private static final int VALUE = 24;
    private static final int LAYERS = 2;
    private static final int TRANSPOSED_AT = 4 * (2 + 1 + SLOTS + 3);
    private static final long LAYER = (long) SLOTS * CONTEXT * (KEY + VALUE);

    private final Arena arena = Arena.ofConfined();
    private final MemorySegment state =
            CacheLayouts.state(arena, SLOTS, Collections.nCopies(LAYERS, KEY), Collections.nCopies(LAYERS, VALUE));

    @AfterEach
    void free() {
        arena.close();
    }

    @Test
    void bufferWithTheTokenIsDescribed() {
        MemorySegment buffer = buffer();
        CacheLayout layout = layout().orElseThrow();
        assertThat(layout.describes(buffer, state)).isTrue();
        for (long at : new long[] {0, LAYER}) {
            long value = at + (long) SLOTS * CONTEXT * KEY + 2L * CONTEXT * VALUE;
            assertThat(buffer.get(JAVA_BYTE, value)).isNotZero();
            buffer.set(JAVA_BYTE, value, (byte) 0);
            assertThat(layout.describes(buffer, state)).isFalse();
            buffer.set(JAVA_BYTE, value, (byte) 2);
        }
        assertThat(layout.describes(buffer.asSlice(0, buffer.byteSize() - 1), state))
                .as("another size")
                .isFalse();
    }

    @Test
    void otherTokensOfASlotAreFound() {
        MemorySegment buffer = buffer();
        assertThat(layout().orElseThrow().after(buffer, 1, 10))
                .extracting(part -> part.address() - buffer.address())
                .containsExactly(
                        266L * KEY,
                        (long) SLOTS * CONTEXT * KEY + 266L * VALUE,
                        LAYER + 266L * KEY,
                        LAYER + (long) SLOTS * CONTEXT * KEY + 266L * VALUE);
        assertThat(layout().orElseThrow().after(buffer, 1, 10))
                .extracting(MemorySegment::byteSize)
                .containsExactly(246L * KEY, 246L * VALUE, 246L * KEY, 246L * VALUE);
        assertThat(layout().orElseThrow().after(buffer, 2, CONTEXT))
                .extracting(MemorySegment::byteSize)
                .containsOnly(0L);
    }

    @Test
    void pagesOfTokensAreCounted() {
        CacheLayout layout = layout().orElseThrow();
        assertThat(layout.touched(0, 4096)).isZero();
        assertThat(layout.touched(1, 4096)).isEqualTo(4 * 4096);
        assertThat(layout.touched(65, 4096)).isEqualTo(6 * 4096);
        assertThat(layout.touched(CONTEXT, 4096)).isEqualTo(2 * (4 + 2) * 4096);
        assertThat(layout.edges(4096)).isEqualTo(4 * 4 * 4096);
    }

    @Test
    void contextIsRoundedUp() {
        assertThat(CacheLayout.of(state, SLOTS, 200).orElseThrow().tokens()).isEqualTo(256);
    }

    @Test
    void otherStatesAreNotUnderstood() {
        assertThat(CacheLayout.of(state, SLOTS + 1, CONTEXT)).isEmpty();
        assertThat(CacheLayout.of(state.asSlice(0, state.byteSize() - 1), SLOTS, CONTEXT))
                .isEmpty();
        assertThat(CacheLayout.of(arena.allocate(0), SLOTS, CONTEXT)).isEmpty();
        state.set(JAVA_INT_UNALIGNED, TRANSPOSED_AT, 1);
        assertThat(layout()).as("without flash attention").isEmpty();
    }

    private Optional<CacheLayout> layout() {
        return CacheLayout.of(state, SLOTS, CONTEXT);
    }

    /** Returns a cache whose last slot holds the token of the state. */
    private MemorySegment buffer() {
        MemorySegment buffer = arena.allocate(LAYERS * LAYER, 4096);
        for (int layer = 0; layer < LAYERS; layer++) {
            MemorySegment keys = buffer.asSlice(layer * LAYER + 2L * CONTEXT * KEY, KEY);
            keys.fill((byte) 1);
            buffer.asSlice(layer * LAYER + (long) SLOTS * CONTEXT * KEY + 2L * CONTEXT * VALUE, VALUE)
                    .fill((byte) 2);
        }
        return buffer;
    }
}
