package io.quern.llama;

import static java.lang.foreign.ValueLayout.ADDRESS;
import static java.lang.foreign.ValueLayout.JAVA_BOOLEAN;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_FLOAT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;

/** Short names for C types, so that a function's descriptor reads like its declaration. */
final class Types {
    static final MemoryLayout POINTER = ADDRESS;
    static final MemoryLayout INT = JAVA_INT;
    static final MemoryLayout LONG = JAVA_LONG;
    static final MemoryLayout FLOAT = JAVA_FLOAT;
    static final MemoryLayout BOOL = JAVA_BOOLEAN;
    static final StructLayout CHAIN_PARAMS = MemoryLayout.structLayout(JAVA_BYTE);

    private Types() {}

    static FunctionDescriptor returning(MemoryLayout result, MemoryLayout... arguments) {
        return FunctionDescriptor.of(result, arguments);
    }

    static FunctionDescriptor nothing(MemoryLayout... arguments) {
        return FunctionDescriptor.ofVoid(arguments);
    }

    /**
     * A struct that is passed by value and is larger than two registers. On every ABI that Quern supports, only size
     * and alignment matter then, so its fields are accessed by offset and not listed.
     */
    static StructLayout largeStruct(long bytes) {
        return MemoryLayout.structLayout(MemoryLayout.sequenceLayout(bytes / Long.BYTES, JAVA_LONG));
    }

    /** Returns the text of a C string, or an empty text for null. */
    static String string(MemorySegment address) {
        return address.address() == 0 ? "" : address.reinterpret(Long.MAX_VALUE).getString(0);
    }
}
