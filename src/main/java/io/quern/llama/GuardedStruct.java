package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.SegmentAllocator;
import java.util.List;

/**
 * Memory for a struct that llama.cpp fills with its defaults, with guard bytes around the end: a library whose struct is
 * larger than ours overwrites the guard instead of memory of somebody else, and both are found out.
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

    /** To be given to the call that returns the struct. */
    SegmentAllocator allocator() {
        return (bytes, alignment) -> whole.asSlice(0, bytes);
    }

    /** @throws LlamaException if the struct is not laid out as expected */
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
                "the llama.cpp libraries say they are version " + LlamaLibrary.EXPECTED_VERSION + " but their " + name
                        + " is laid out otherwise (" + difference
                        + "): use the libraries that come with Quern, or an unchanged build of that version");
    }
}
