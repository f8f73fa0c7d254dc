package io.quern.worker;

import io.quern.wire.Generate;
import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The state of a sequence as another worker has left it.
 *
 * @param tokens that are in it, from the first of the prompt
 * @param data as llama.cpp wrote it; valid until this is closed
 * @param arena of the mapping
 * @param release gives the memory back
 */
record SavedSequence(int tokens, MemorySegment data, Arena arena, Runnable release) implements AutoCloseable {

    /**
     * Looks where the request says. A state that is not whole, or of other tokens or another scope, or further on than what has been delivered, is none.
     *
     * @param prompt its tokens
     * @param slots of this worker: a state fits contexts of as many alone
     * @param memory this worker's, into which the engine may have copied it; its pages are given back when this is closed
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
                .map(entry -> new SavedSequence(entry.tokens(), entry.data(), arena, release));
        if (found.isEmpty()) {
            release.run();
            arena.close();
        }
        return found;
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

    /** By which a state tells whose it is: 64 bits of the scope's name, which is random itself. */
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
