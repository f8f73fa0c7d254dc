package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.MemorySegment;

/** The value that a struct of default parameters has at an offset if its layout is the expected one. */
record ExpectedField(String name, long offset, int bytes, long value) {

    static ExpectedField ofByte(String name, long offset, int value) {
        return new ExpectedField(name, offset, Byte.BYTES, value);
    }

    static ExpectedField ofInt(String name, long offset, int value) {
        return new ExpectedField(name, offset, Integer.BYTES, value);
    }

    static ExpectedField ofLong(String name, long offset, long value) {
        return new ExpectedField(name, offset, Long.BYTES, value);
    }

    long in(MemorySegment struct) {
        return switch (bytes) {
            case Byte.BYTES -> struct.get(JAVA_BYTE, offset);
            case Integer.BYTES -> struct.get(JAVA_INT, offset);
            default -> struct.get(JAVA_LONG, offset);
        };
    }
}
