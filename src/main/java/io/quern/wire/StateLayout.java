package io.quern.wire;

/**
 * The layout of the memory into which a worker copies the states of its sequences. The worker writes it, and the engine
 * copies one sequence of it into the memory of the worker that resumes the request, so both must use the same layout.
 *
 * <p>The memory begins with a page that holds the head. An equal part for each slot follows; a part begins with a page
 * that holds its own head, and the state comes after that page. All fields are longs in the machine's byte order;
 * offsets and sizes are in bytes.
 */
public final class StateLayout {
    /**
     * The name of the memory begins with this, and a UUID follows. The engine opens no descriptor with another name.
     */
    public static final String NAME_PREFIX = "quern-state-";

    /** Identifies the layout. Change it with the layout, and with anything that the meaning of a state depends on. */
    public static final long MAGIC = 0x515545524e000003L;

    public static final int PAGE = 4096;

    /** In the head: {@link #MAGIC}. */
    public static final int MAGIC_AT = 0;

    /** In the head: the size of a part. */
    public static final int STRIDE_AT = 8;

    /** In the head: how many parts there are. */
    public static final int SLOTS_AT = 16;

    public static final int HEAD_BYTES = SLOTS_AT + Long.BYTES;

    /** In a part: the number of the request, or 0 if the state is not complete. Written last. */
    public static final int REQUEST_AT = 0;

    /** In a part: how many tokens the state holds. */
    public static final int TOKENS_AT = 8;

    /** In a part: the size of the state. */
    public static final int BYTES_AT = 16;

    /** In a part: a hash of the tokens. */
    public static final int HASH_AT = 24;

    /** In a part: a hash of the request's prefix scope. */
    public static final int SCOPE_AT = 32;

    /** In a part: 1 if blocks of tokens make up the state, 0 if it is in llama.cpp's format. */
    public static final int BLOCKS_AT = 40;

    /** The number of bytes that are used in a part's first page. */
    public static final int PART_HEAD_BYTES = BLOCKS_AT + Long.BYTES;

    private StateLayout() {}
}
