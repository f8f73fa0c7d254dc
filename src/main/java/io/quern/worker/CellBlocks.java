package io.quern.worker;

import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A copy of a sequence's state to which new tokens are appended. llama.cpp's own format has all tokens of one layer
 * before the next layer, so each copy in it is a whole one. Here the rows of {@value #TOKENS} tokens in all layers make
 * a block, and blocks follow each other. Who resumes the sequence makes a state in llama.cpp's format of them.
 *
 * <p>The copy begins with a head, which describes the form of the state. Reads the cache itself, so the step loop must
 * call this between two steps.
 */
final class CellBlocks {
    /** Tokens of a block. */
    static final int TOKENS = 8;

    private static final int MAX_LAYERS = 1 << 16;
    private static final long ALIGNMENT = 64;
    private static final long FORMAT_AT = 0;
    private static final long SLOTS_AT = 4;
    private static final long SLOT_AT = 8;
    private static final long LAYERS_AT = 12;
    private static final long ROWS_AT = 16;
    private static final long ROWS_BYTES = 16;

    private final CacheLayout layout;
    private final MemorySegment cache;

    private CellBlocks(CacheLayout layout, MemorySegment cache) {
        this.layout = layout;
        this.cache = cache;
    }

    /**
     * @param state a slot's present state in llama.cpp's format
     * @param cache the memory that should contain the same
     * @return empty if this cache has another layout
     */
    static Optional<CellBlocks> of(MemorySegment state, int slots, int contextLength, MemorySegment cache) {
        return CacheLayout.of(state, slots, contextLength)
                .filter(layout -> layout.describes(cache, state))
                .map(layout -> new CellBlocks(layout, cache));
    }

    /** Returns the length of so many blocks with their head. */
    long bytes(int blocks) {
        return head(layout.tensors()) + blocks * blockBytes();
    }

    private long blockBytes() {
        return TOKENS * layout.state().tokenBytes();
    }

    private static long head(int tensors) {
        return Math.ceilDiv(ROWS_AT + tensors * ROWS_BYTES, ALIGNMENT) * ALIGNMENT;
    }

    /** Begins the copy of a slot's state. */
    void begin(MemorySegment copy, int slot) {
        PlainState state = layout.state();
        copy.set(JAVA_INT, FORMAT_AT, state.format());
        copy.set(JAVA_INT, SLOTS_AT, state.slots());
        copy.set(JAVA_INT, SLOT_AT, slot);
        copy.set(JAVA_INT, LAYERS_AT, state.tensors().size() / 2);
        long at = ROWS_AT;
        for (PlainState.Rows rows : state.tensors()) {
            copy.set(JAVA_LONG, at, rows.bytes());
            copy.set(JAVA_INT, at + Long.BYTES, rows.type());
            at += ROWS_BYTES;
        }
    }

    /** Copies a block of a slot, which must contain all its tokens. */
    void append(MemorySegment copy, int slot, int block) {
        long at = bytes(block);
        for (int tensor = 0; tensor < layout.tensors(); tensor++) {
            MemorySegment rows = layout.rows(cache, tensor, slot, block * TOKENS, TOKENS);
            MemorySegment.copy(rows, 0, copy, at, rows.byteSize());
            at += rows.byteSize();
        }
    }

    /**
     * Returns the state that a copy contains, in llama.cpp's format. The copy may be damaged.
     *
     * @param tokens that it should contain
     * @param slots of the context that gets the state
     * @return empty if it does not contain that
     */
    static Optional<MemorySegment> state(MemorySegment copy, int tokens, int slots, Arena arena) {
        int layers = copy.byteSize() < ROWS_AT ? 0 : copy.get(JAVA_INT, LAYERS_AT);
        if (layers < 1 || layers > MAX_LAYERS || head(2 * layers) > copy.byteSize()) {
            return Optional.empty();
        }
        PlainState form = new PlainState(
                copy.get(JAVA_INT, FORMAT_AT),
                copy.get(JAVA_INT, SLOTS_AT),
                copy.get(JAVA_INT, SLOT_AT),
                tokens,
                tensors(copy, 2 * layers));
        long rowsBytes = copy.byteSize() - head(2 * layers);
        if (form.slots() != slots
                || form.slot() < 0
                || form.slot() >= slots
                || tokens < TOKENS
                || tokens % TOKENS != 0
                || form.tensors().stream().anyMatch(rows -> rows.bytes() <= 0 || rows.bytes() > rowsBytes)
                || rowsBytes % tokens != 0
                || rowsBytes / tokens != form.tokenBytes()) {
            return Optional.empty();
        }
        MemorySegment state = arena.allocate(form.bytes());
        form.write(state, (tensor, rows) -> gather(copy, form, tensor, rows));
        return Optional.of(state);
    }

    private static List<PlainState.Rows> tensors(MemorySegment copy, int number) {
        List<PlainState.Rows> tensors = new ArrayList<>(number);
        for (int i = 0; i < number; i++) {
            long at = ROWS_AT + i * ROWS_BYTES;
            tensors.add(new PlainState.Rows(copy.get(JAVA_INT, at + Long.BYTES), copy.get(JAVA_LONG, at), 0));
        }
        return tensors;
    }

    /** Copies the rows of one tensor from all blocks. */
    private static void gather(MemorySegment copy, PlainState form, int tensor, MemorySegment rows) {
        long before = TOKENS
                * form.tensors().subList(0, tensor).stream()
                        .mapToLong(PlainState.Rows::bytes)
                        .sum();
        long block = TOKENS * form.tokenBytes();
        long part = rows.byteSize() * TOKENS / form.tokens();
        long from = head(form.tensors().size()) + before;
        for (long to = 0; to < rows.byteSize(); to += part) {
            MemorySegment.copy(copy, from, rows, to, part);
            from += block;
        }
    }
}
