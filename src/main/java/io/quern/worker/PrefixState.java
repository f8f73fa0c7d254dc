package io.quern.worker;

import static io.quern.wire.PrefixLayout.BYTES_AT;
import static io.quern.wire.PrefixLayout.MAGIC;
import static io.quern.wire.PrefixLayout.MAGIC_AT;
import static io.quern.wire.PrefixLayout.TOKENS_AT;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;

import io.quern.wire.PrefixLayout;
import io.quern.wire.StateLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Optional;
import java.util.function.ToLongFunction;

/**
 * The state of a prompt's prefix that the engine has copied into this worker's memory. One thread uses it.
 *
 * @param tokens the tokens that it holds
 * @param data the state in llama.cpp's format; valid until this is closed
 * @param arena the arena of the mapping
 * @param release releases the memory
 */
record PrefixState(int[] tokens, MemorySegment data, Arena arena, Runnable release) implements AutoCloseable {

    /**
     * Opens the state at a place of this worker's memory.
     *
     * @param tokens how many tokens the engine says that it holds
     * @param bytes the size of all that lies there
     * @return empty if the engine could not copy it
     */
    static Optional<PrefixState> at(SharedMemory memory, int place, int tokens, long bytes) throws IOException {
        long offset = PrefixLayout.place(place);
        if (tokens <= 0 || bytes <= PrefixLayout.stateAt(tokens) || memory.size() < offset + bytes) {
            return Optional.empty();
        }
        Arena arena = Arena.ofConfined();
        // in whole pages, so that they can be given back
        MemorySegment all = memory.map(offset, Math.ceilDiv(bytes, StateLayout.PAGE) * StateLayout.PAGE, arena);
        Runnable release = () -> memory.giveBack(all);
        long state = bytes - PrefixLayout.stateAt(tokens);
        if (all.get(JAVA_LONG, MAGIC_AT) != MAGIC
                || all.get(JAVA_LONG, TOKENS_AT) != tokens
                || all.get(JAVA_LONG, BYTES_AT) != state) {
            release.run();
            arena.close();
            return Optional.empty();
        }
        int[] held =
                all.asSlice(StateLayout.PAGE, (long) tokens * Integer.BYTES).toArray(JAVA_INT);
        return Optional.of(new PrefixState(held, all.asSlice(PrefixLayout.stateAt(tokens), state), arena, release));
    }

    /**
     * Writes a state into new memory, which nobody can change afterwards.
     *
     * @param bytes the size of the state
     * @param save writes the state and returns its size
     * @return empty if the state could not be written
     */
    static Optional<SharedMemory> write(int[] prompt, int tokens, long bytes, ToLongFunction<MemorySegment> save)
            throws IOException {
        SharedMemory memory = SharedMemory.create();
        boolean written = false;
        try {
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment all = memory.map(0, PrefixLayout.bytes(tokens, bytes), arena);
                if (save.applyAsLong(all.asSlice(PrefixLayout.stateAt(tokens), bytes)) != bytes) {
                    return Optional.empty();
                }
                MemorySegment.copy(prompt, 0, all, JAVA_INT, StateLayout.PAGE, tokens);
                all.set(JAVA_LONG, TOKENS_AT, tokens);
                all.set(JAVA_LONG, BYTES_AT, bytes);
                all.set(JAVA_LONG, MAGIC_AT, MAGIC);
            }
            memory.seal();
            written = true;
            return Optional.of(memory);
        } finally {
            if (!written) {
                memory.close();
            }
        }
    }

    @Override
    public void close() {
        release.run();
        arena.close();
    }
}
