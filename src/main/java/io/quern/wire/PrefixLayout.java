package io.quern.wire;

/**
 * The layout of the state of a prompt's prefix, in the memory that a worker offers and at the place to which the engine
 * copies it. It begins with a page that holds the head; the tokens follow as ints, and from the next page on the state
 * in llama.cpp's format. Fields of the head are longs in the machine's byte order; offsets and sizes are in bytes.
 */
public final class PrefixLayout {
    /** Identifies the layout. Change it with the layout, and with anything that the meaning of a state depends on. */
    public static final long MAGIC = 0x515545524e500001L;

    /** In the head: {@link #MAGIC}. The engine writes the head last, so a place without it holds no state. */
    public static final int MAGIC_AT = 0;

    /** In the head: how many tokens the state holds. */
    public static final int TOKENS_AT = 8;

    /** In the head: the size of the state. */
    public static final int BYTES_AT = 16;

    public static final int HEAD_BYTES = BYTES_AT + Long.BYTES;

    /** The number of tokens by which hashes of beginnings advance. */
    public static final int BLOCK = 32;

    /** A prefix must save the computation of at least so many tokens. */
    public static final int WORTH_IT = 64;

    /** The number of places for states in a worker's memory. */
    public static final int PLACES = 2;

    private static final int PAGE = StateLayout.PAGE;

    /** Behind all copies of the states of lost workers' sequences. Only filled pages take memory. */
    private static final long PLACES_AT = (1L << 62) + (1L << 42);

    private static final long PLACE_BYTES = 1L << 42;

    private PrefixLayout() {}

    /** Returns the offset of a place in a worker's memory. */
    public static long place(int number) {
        if (number < 0 || number >= PLACES) {
            throw new IllegalArgumentException("no place " + number);
        }
        return PLACES_AT + number * PLACE_BYTES;
    }

    /** Returns where the state begins. */
    public static long stateAt(int tokens) {
        return PAGE + Math.ceilDiv((long) tokens * Integer.BYTES, PAGE) * PAGE;
    }

    /** Returns the size of all of it. */
    public static long bytes(int tokens, long state) {
        return stateAt(tokens) + state;
    }
}
