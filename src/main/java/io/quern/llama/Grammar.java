package io.quern.llama;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;

/**
 * The state of a grammar after some tokens, kept by llama.cpp. One thread at a time may use it.
 *
 * <p>llama.cpp ends the process if it has to accept a token that the grammar rejects. So {@link #accept} checks first.
 */
public final class Grammar implements AutoCloseable {
    private final SamplerApi api;
    private final MemorySegment sampler;
    private final Arena arena = Arena.ofShared();
    private final Candidates single = new Candidates(1, arena);
    private boolean closed;

    private Grammar(SamplerApi api, MemorySegment sampler) {
        this.api = api;
        this.sampler = sampler;
    }

    /**
     * Reads a grammar in llama.cpp's format. May take long and needs stack for each level of nesting; the caller has
     * checked both.
     *
     * @param root the name of the rule that matches the whole answer
     * @throws LlamaException if llama.cpp does not accept it
     */
    public static Grammar of(LlamaModel model, String gbnf, String root) {
        LlamaLibrary library = model.library();
        if (gbnf.isBlank() || gbnf.indexOf('\0') >= 0) {
            // llama.cpp takes an empty text for no grammar, and reads only up to a NUL
            throw new LlamaException(LlamaException.Kind.GRAMMAR, "the grammar is empty or contains a NUL");
        }
        library.log().forgetErrors();
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment sampler = library.samplers.grammar(
                    model.vocabulary().address(),
                    arena.allocateFrom(gbnf, StandardCharsets.UTF_8),
                    arena.allocateFrom(root, StandardCharsets.UTF_8));
            if (sampler.address() == 0) {
                throw new LlamaException(
                        LlamaException.Kind.GRAMMAR, "llama.cpp rejects the grammar: " + reason(library));
            }
            return new Grammar(library.samplers, sampler);
        }
    }

    private static String reason(LlamaLibrary library) {
        // errors of syntax go to stderr and not to the log
        String errors = String.join("; ", library.log().lastErrors());
        return errors.isEmpty() ? "it has an error" : errors;
    }

    /** Returns whether the answer may continue with this token. */
    public boolean allows(int token) {
        single.only(token);
        api.apply(sampler, single.array());
        return !single.excluded(0);
    }

    /**
     * Advances by a token. Returns false if the grammar rejects it; then nothing has changed.
     */
    public boolean accept(int token) {
        if (!allows(token)) {
            return false;
        }
        advance(token);
        return true;
    }

    /** Advances by a token that it {@linkplain #allows allows}; another one would end the process. */
    void advance(int token) {
        api.accept(sampler, token);
    }

    /** Excludes all tokens with which the answer may not continue. */
    void restrict(Candidates candidates) {
        api.apply(sampler, candidates.array());
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            api.free(sampler);
            arena.close();
        }
    }
}
