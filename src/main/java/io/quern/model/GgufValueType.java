package io.quern.model;

import java.math.BigInteger;

/** The types of metadata values, in the order of their numbers in the file. */
enum GgufValueType {
    UINT8(1),
    INT8(1),
    UINT16(2),
    INT16(2),
    UINT32(4),
    INT32(4),
    FLOAT32(4),
    BOOL(1),
    STRING(8),
    ARRAY(12),
    UINT64(8),
    INT64(8),
    FLOAT64(8);

    /** The size of a value in bytes; for strings and arrays the smallest. */
    private final int bytes;

    GgufValueType(int bytes) {
        this.bytes = bytes;
    }

    int bytes() {
        return bytes;
    }

    static GgufValueType read(GgufBytes in, String what) {
        long at = in.position();
        int number = in.i32("the type of " + what);
        if (number < 0 || number >= values().length) {
            throw in.damaged("the type of " + what + " at byte " + at + " is " + Integer.toUnsignedString(number)
                    + ", which is not a GGUF type");
        }
        return values()[number];
    }

    /** Returns whole numbers as Long (or BigInteger if they are too large), others as Double, Boolean or String. */
    Object readScalar(GgufBytes in, int maxStringBytes, String what) {
        return switch (this) {
            case UINT8 -> (long) in.u8(what);
            case INT8 -> (long) (byte) in.u8(what);
            case UINT16 -> (long) Short.toUnsignedInt(in.i16(what));
            case INT16 -> (long) in.i16(what);
            case UINT32 -> Integer.toUnsignedLong(in.i32(what));
            case INT32 -> (long) in.i32(what);
            case FLOAT32 -> (double) Float.intBitsToFloat(in.i32(what));
            case BOOL -> in.u8(what) != 0;
            case STRING -> in.string(maxStringBytes, what);
            case UINT64 -> unsigned(in.i64(what));
            case INT64 -> in.i64(what);
            case FLOAT64 -> Double.longBitsToDouble(in.i64(what));
            case ARRAY -> throw in.damaged(what + " is an array within an array, which llama.cpp does not support");
        };
    }

    private static Object unsigned(long bits) {
        return bits >= 0 ? (Object) bits : new BigInteger(Long.toUnsignedString(bits));
    }
}
