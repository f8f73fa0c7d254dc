package io.quern.worker;

import io.quern.wire.Generate;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * A copy of a sequence's state that another worker has made.
 *
 * @param tokens the tokens that it contains, from the first one of the prompt
 * @param data the state in llama.cpp's format; valid until this is closed
 * @param arena the arena of the mapping
 * @param release releases the memory
 */
record SavedSequence(int tokens, MemorySegment data, Arena arena, Runnable release) implements AutoCloseable {

    /**
     * Finds the copy that the request names. A copy does not count if it is incomplete, has other tokens or another
     * scope, or is ahead of the delivered tokens.
     *
     * @param prompt the tokens of the prompt
     * @param slots this worker's slots; a state fits only contexts with the same number
     * @param memory this worker's memory, into which the engine may have copied the state; its pages are released on
     *     close
     */
    static Optional<SavedSequence> of(Generate request, int[] prompt, int slots, SharedMemory memory)
            throws IOException {
        if (!request.hasKept()) {
            return Optional.empty();
        }
        long offset = request.getKept().getOffset();
        boolean own = request.getKept().getPath().isEmpty();
        if (own && memory == null) {
            return Optional.empty();
        }
        Arena arena = Arena.ofShared();
        Path path = Path.of(own ? memory.path() : request.getKept().getPath());
        Optional<StateFile> opened = StateFile.open(path, offset, own, arena);
        Runnable release = !own ? () -> {} : () -> opened.ifPresent(file -> memory.giveBack(file.memory()));
        Optional<SavedSequence> found = opened.filter(file -> file.slots() == slots)
                .flatMap(file -> file.find(request.getKept().getRequest()))
                .filter(entry -> fits(entry, request, prompt))
                .flatMap(entry -> state(entry, slots, arena)
                        .map(state -> new SavedSequence(entry.tokens(), state, arena, release)));
        if (found.isEmpty()) {
            release.run();
            arena.close();
        }
        return found;
    }

    private static Optional<MemorySegment> state(StateFile.Entry entry, int slots, Arena arena) {
        return entry.blocks()
                ? CellBlocks.state(entry.data(), entry.tokens(), slots, arena)
                : Optional.of(entry.data());
    }

    private static boolean fits(StateFile.Entry entry, Generate request, int[] prompt) {
        int answered = entry.tokens() - prompt.length;
        if (entry.scope() != scope(request) || answered < 0 || answered >= request.getReplayCount()) {
            return false;
        }
        long hash = TokenHash.START;
        for (int token : prompt) {
            hash = TokenHash.add(hash, token);
        }
        for (int i = 0; i < answered; i++) {
            hash = TokenHash.add(hash, request.getReplay(i));
        }
        return hash == entry.hash();
    }

    /** Identifies the scope of a state: 64 bits of the scope's random name. */
    static long scope(Generate request) {
        long hash = TokenHash.START;
        for (byte one : request.getPrefixScopeBytes()) {
            hash = TokenHash.add(hash, one);
        }
        return hash;
    }

    @Override
    public void close() {
        release.run();
        arena.close();
    }
}
