package io.quern.worker;

import io.quern.wire.StateLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Optional;
import java.util.stream.IntStream;

/** Creates memory as a worker does, and writes and finds states in it, for tests of the engine's side. */
public final class WrittenStates {
    private static final int SLOTS = 2;
    private static final long STRIDE = 3L * StateLayout.PAGE;

    /** A state that a worker has found. */
    public record Found(int tokens, long hash, long scope, byte[] state) {}

    private WrittenStates() {}

    /** Returns the path of new memory that holds nothing. */
    public static String empty() throws IOException {
        return SharedMemory.create().path();
    }

    /** Returns the path of new memory of two slots, of which the second one holds the state of a request. */
    public static String of(long request, int tokens, long hash, long scope, byte[] state) throws IOException {
        SharedMemory memory = SharedMemory.create();
        StateFile file = StateFile.create(memory.map(StateFile.size(SLOTS, STRIDE)), SLOTS, STRIDE);
        MemorySegment.copy(MemorySegment.ofArray(state), 0, file.data(1, state.length), 0, state.length);
        file.set(1, request, tokens, hash, scope, false, state.length);
        return memory.path();
    }

    /** Looks for a request's state in a worker's own memory. */
    public static Optional<Found> find(String path, long offset, long request) throws IOException {
        try (Arena arena = Arena.ofShared()) {
            return StateFile.open(Path.of(path), offset, true, arena)
                    .flatMap(file -> file.find(request))
                    .map(entry -> new Found(
                            entry.tokens(),
                            entry.hash(),
                            entry.scope(),
                            entry.data().toArray(ValueLayout.JAVA_BYTE)));
        }
    }

    /** Returns how many tokens the longest state in blocks contains, or 0 if there is none. */
    public static int tokensInBlocks(Path memory) throws IOException {
        try (Arena arena = Arena.ofShared()) {
            return StateFile.open(memory, 0, false, arena).stream()
                    .flatMap(file -> IntStream.range(0, file.slots()).mapToObj(file::part))
                    .filter(part -> part.get(ValueLayout.JAVA_LONG, StateLayout.REQUEST_AT) != 0
                            && part.get(ValueLayout.JAVA_LONG, StateLayout.BLOCKS_AT) != 0)
                    .mapToInt(part -> (int) part.get(ValueLayout.JAVA_LONG, StateLayout.TOKENS_AT))
                    .max()
                    .orElse(0);
        }
    }
}
