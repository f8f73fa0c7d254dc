package io.quern.worker;

import static io.quern.wire.StateLayout.BLOCKS_AT;
import static io.quern.wire.StateLayout.BYTES_AT;
import static io.quern.wire.StateLayout.HASH_AT;
import static io.quern.wire.StateLayout.HEAD_BYTES;
import static io.quern.wire.StateLayout.MAGIC;
import static io.quern.wire.StateLayout.MAGIC_AT;
import static io.quern.wire.StateLayout.PAGE;
import static io.quern.wire.StateLayout.REQUEST_AT;
import static io.quern.wire.StateLayout.SCOPE_AT;
import static io.quern.wire.StateLayout.SLOTS_AT;
import static io.quern.wire.StateLayout.STRIDE_AT;
import static io.quern.wire.StateLayout.TOKENS_AT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/**
 * Stores the states of a worker's sequences in memory that outlives the worker ({@link io.quern.wire.StateLayout}). A
 * worker may end at any moment, so a part names its request only while its state is complete.
 */
record StateFile(MemorySegment memory) {
    /**
     * A complete state.
     *
     * @param tokens number of its tokens
     * @param hash hash of these tokens
     * @param scope hash of the request's scope
     * @param blocks whether the data are {@link CellBlocks}, or a state in llama.cpp's format
     */
    record Entry(int tokens, long hash, long scope, boolean blocks, MemorySegment data) {}

    static StateFile create(MemorySegment memory, int slots, long stride) {
        memory.set(JAVA_LONG, STRIDE_AT, stride);
        memory.set(JAVA_LONG, SLOTS_AT, slots);
        memory.set(JAVA_LONG, MAGIC_AT, MAGIC);
        return new StateFile(memory);
    }

    /**
     * @param offset its place in the memory
     * @param own whether the memory belongs to this process, which then releases the pages
     * @return empty if the memory contains no state that this worker can use
     */
    static Optional<StateFile> open(Path path, long offset, boolean own, Arena arena) throws IOException {
        // opened for writing, which releasing pages requires
        try (FileChannel channel = own
                ? FileChannel.open(path, StandardOpenOption.READ, StandardOpenOption.WRITE)
                : FileChannel.open(path, StandardOpenOption.READ)) {
            ByteBuffer head = ByteBuffer.allocate(HEAD_BYTES).order(ByteOrder.nativeOrder());
            if (channel.read(head, offset) < head.capacity() || head.getLong(MAGIC_AT) != MAGIC) {
                return Optional.empty();
            }
            long bytes = size(head.getLong(SLOTS_AT), head.getLong(STRIDE_AT));
            if (bytes < PAGE || bytes > channel.size() - offset) {
                return Optional.empty();
            }
            FileChannel.MapMode mode = offset == 0 ? FileChannel.MapMode.READ_ONLY : FileChannel.MapMode.READ_WRITE;
            return Optional.of(new StateFile(channel.map(mode, offset, bytes, arena)));
        }
    }

    static long size(long slots, long stride) {
        return PAGE + slots * stride;
    }

    /** Returns the bytes for data in a slot's part. */
    long room() {
        return stride() - PAGE;
    }

    /** Returns the size of a slot's part, in whole pages. */
    MemorySegment part(int slot) {
        return memory.asSlice(PAGE + slot * stride(), stride());
    }

    MemorySegment data(int slot, long bytes) {
        return part(slot).asSlice(PAGE, bytes);
    }

    /** Marks the state as incomplete. */
    void clear(int slot) {
        part(slot).set(JAVA_LONG, REQUEST_AT, 0);
        VarHandle.releaseFence();
    }

    /** Marks the state as complete. */
    void set(int slot, long request, int tokens, long hash, long scope, boolean blocks, long bytes) {
        MemorySegment head = part(slot);
        // the same request may have had a state of another length there
        clear(slot);
        head.set(JAVA_LONG, TOKENS_AT, tokens);
        head.set(JAVA_LONG, BYTES_AT, bytes);
        head.set(JAVA_LONG, HASH_AT, hash);
        head.set(JAVA_LONG, SCOPE_AT, scope);
        head.set(JAVA_LONG, BLOCKS_AT, blocks ? 1 : 0);
        VarHandle.releaseFence();
        head.set(JAVA_LONG, REQUEST_AT, request);
    }

    Optional<Entry> find(long request) {
        for (int slot = 0; slot < slots(); slot++) {
            MemorySegment head = part(slot);
            long bytes = head.get(JAVA_LONG, BYTES_AT);
            if (head.get(JAVA_LONG, REQUEST_AT) == request && bytes > 0 && bytes <= room()) {
                return Optional.of(new Entry(
                        (int) head.get(JAVA_LONG, TOKENS_AT),
                        head.get(JAVA_LONG, HASH_AT),
                        head.get(JAVA_LONG, SCOPE_AT),
                        head.get(JAVA_LONG, BLOCKS_AT) != 0,
                        data(slot, bytes)));
            }
        }
        return Optional.empty();
    }

    private long stride() {
        return memory.get(JAVA_LONG, STRIDE_AT);
    }

    int slots() {
        return (int) memory.get(JAVA_LONG, SLOTS_AT);
    }
}
