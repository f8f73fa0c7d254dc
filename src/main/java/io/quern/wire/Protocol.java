package io.quern.wire;

/** Constants on which engine and worker must agree. */
public final class Protocol {
    /** Protocol version, sent in Hello. The engine rejects a worker with another version. */
    public static final int VERSION = 7;

    /** Bytes of the length in front of each frame. */
    public static final int HEADER_BYTES = 4;

    /** Largest frame in both directions before the settings, which set another limit. Two long paths fit. */
    public static final int FIRST_FRAME_BYTES = 64 << 10;

    /** Default for the largest frame. A prompt of the largest request body fits. */
    public static final int DEFAULT_MAX_FRAME_BYTES = 32 << 20;

    private Protocol() {}
}
