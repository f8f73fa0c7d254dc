package io.quern.wire;

/** Constants both sides must agree on. */
public final class Protocol {
    /** Told in Hello; a worker of another version is turned away. */
    public static final int VERSION = 4;

    /** Bytes of the length in front of each frame. */
    public static final int HEADER_BYTES = 4;

    /** Largest frame in both directions before the settings, which bring another limit: two long paths fit. */
    public static final int FIRST_FRAME_BYTES = 64 << 10;

    /** Largest frame by default: a prompt of the largest request body fits. */
    public static final int DEFAULT_MAX_FRAME_BYTES = 32 << 20;

    private Protocol() {}
}
