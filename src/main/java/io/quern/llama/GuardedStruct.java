package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/**
 * Memory for a struct that llama.cpp fills with its defaults, followed by guard bytes. A library with a larger struct
 * overwrites the guard and not other memory, and {@link #check} detects that.
 */
final class GuardedStruct {
    private static final int GUARD_BYTES = 256;
    private static final byte UNTOUCHED = (byte) 0xA5;

    private final String name;
    private final MemorySegment whole;
    private final long size;

    GuardedStruct(String name, long size, Arena arena) {
        this.name = name;
        this.size = size;
        this.whole = arena.allocate(size + GUARD_BYTES, Long.BYTES).fill(UNTOUCHED);
    }

    /** Returns the allocator for the call that returns the struct. */
    SegmentAllocator allocator() {
        return (bytes, alignment) -> whole.asSlice(0, bytes);
    }

    /** @throws LlamaException if the layout of the struct is not the expected one */
    void check(List<ExpectedField> expected) {
        MemorySegment struct = whole.asSlice(0, size);
        for (ExpectedField field : expected) {
            long found = field.in(struct);
            if (found != field.value()) {
                throw mismatch(field.name() + " is " + found + " instead of " + field.value());
            }
        }
        for (long i = size; i < whole.byteSize(); i++) {
            if (whole.get(JAVA_BYTE, i) != UNTOUCHED) {
                throw mismatch("it is larger than " + size + " bytes");
            }
        }
    }

    private LlamaException mismatch(String difference) {
        return new LlamaException(
                LlamaException.Kind.VERSION,
                "the llama.cpp libraries report version " + LlamaLibrary.EXPECTED_VERSION + ", but the layout of their "
                        + name
                        + " differs (" + difference
                        + "). Use the libraries that come with Quern, or an unmodified build of that version");
    }
}
