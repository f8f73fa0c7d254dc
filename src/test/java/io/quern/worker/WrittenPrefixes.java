package io.quern.worker;

import io.quern.wire.PrefixLayout;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;

/** Writes and finds states of prefixes as a worker does, for tests of the engine's side. */
public final class WrittenPrefixes {
    /** A state that a worker has found. */
    public record Found(int[] tokens, byte[] state) {}

    /** A worker's memory, into which the engine copies states. */
    public record Target(Object memory) {
        public String path() {
            return ((SharedMemory) memory).path();
        }

        /** Looks for a state as a worker does. */
        public Optional<Found> find(int place, int tokens, long bytes) throws IOException {
            Optional<PrefixState> found = PrefixState.at((SharedMemory) memory, place, tokens, bytes);
            try {
                return found.map(state -> new Found(state.tokens(), state.data().toArray(ValueLayout.JAVA_BYTE)));
            } finally {
                found.ifPresent(PrefixState::close);
            }
        }
    }

    private WrittenPrefixes() {}

    public static Target target() throws IOException {
        return new Target(SharedMemory.create());
    }

    /** Returns the path of new memory with a complete state. */
    public static String of(int[] tokens, byte[] state) throws IOException {
        return PrefixState.write(tokens, tokens.length, state.length, to -> {
                    MemorySegment.copy(MemorySegment.ofArray(state), 0, to, 0, state.length);
                    return state.length;
                })
                .orElseThrow()
                .path();
    }

    /** Returns the path of the same memory, but the worker could still change it. */
    public static String unsealed(int[] tokens, byte[] state) throws IOException {
        SharedMemory copy = SharedMemory.create();
        try (FileChannel from = FileChannel.open(Path.of(of(tokens, state)), StandardOpenOption.READ);
                Arena arena = Arena.ofConfined()) {
            ByteBuffer all = ByteBuffer.allocate((int) from.size());
            from.read(all);
            MemorySegment to = copy.map(0, from.size(), arena);
            MemorySegment.copy(MemorySegment.ofArray(all.array()), 0, to, 0, all.capacity());
        }
        return copy.path();
    }

    /** Returns the size of the memory of a state. */
    public static long bytes(int tokens, int state) {
        return PrefixLayout.bytes(tokens, state);
    }
}
