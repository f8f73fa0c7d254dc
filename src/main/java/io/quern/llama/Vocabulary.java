package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A model's tokens. Several threads may use it. */
public final class Vocabulary {
    private static final int PIECE_BYTES = 256;
    private static final int INT32_MIN = Integer.MIN_VALUE;

    private final ModelApi api;
    private final MemorySegment vocabulary;
    private final int size;
    /** Filled when tokens are first used; a race writes the same value twice. */
    private final byte[][] pieces;

    private volatile int longestPiece;
    private volatile int @Nullable [] endsOfGeneration;

    Vocabulary(ModelApi api, MemorySegment vocabulary) {
        this.api = api;
        this.vocabulary = vocabulary;
        this.size = api.tokenCount(vocabulary);
        this.pieces = new byte[size][];
    }

    public int size() {
        return size;
    }

    MemorySegment address() {
        return vocabulary;
    }

    /** Returns the tokens with which the model ends its answer. The first call scans the whole vocabulary. */
    public int[] endsOfGeneration() {
        int[] ends = endsOfGeneration;
        if (ends == null) {
            ends = IntStream.range(0, size).filter(this::isEndOfGeneration).toArray();
            endsOfGeneration = ends;
        }
        return ends;
    }

    /** Returns the bytes of a token as {@link #bytes} does, and those of a control token as the vocabulary spells it. */
    public byte[] spelled(int token) {
        byte[] plain = bytes(token);
        return plain.length > 0 ? plain : piece(token, true);
    }

    /** Returns whether the model ends its answer with this token. */
    public boolean isEndOfGeneration(int token) {
        return api.isEndOfGeneration(vocabulary, checked(token));
    }

    /**
     * Splits a text into tokens. Recognises control tokens that are written out in it.
     *
     * @param utf8 well-formed UTF-8; may contain NUL
     * @param addSpecial whether to add the model's own leading tokens
     * @throws LlamaException if llama.cpp refuses
     */
    public int[] tokenize(byte[] utf8, boolean addSpecial) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment text = arena.allocate(utf8.length + 1L);
            MemorySegment.copy(utf8, 0, text, JAVA_BYTE, 0, utf8.length);
            // in nearly all texts a token stands for at least one byte, so most need no second attempt
            int capacity = utf8.length + 16;
            MemorySegment tokens = arena.allocate(JAVA_INT, capacity);
            int count = api.tokenize(vocabulary, text, utf8.length, tokens, capacity, addSpecial, true);
            if (count < 0 && count != INT32_MIN) {
                capacity = -count;
                tokens = arena.allocate(JAVA_INT, capacity);
                count = api.tokenize(vocabulary, text, utf8.length, tokens, capacity, addSpecial, true);
            }
            if (count < 0) {
                throw new LlamaException(
                        LlamaException.Kind.TOKENIZE, "the text of " + utf8.length + " bytes cannot be tokenised");
            }
            return tokens.asSlice(0, (long) count * Integer.BYTES).toArray(JAVA_INT);
        }
    }

    /**
     * Returns the bytes that a token stands for in a text: part of a character for some tokens, none for control
     * tokens. The array is shared and must not be changed.
     */
    public byte[] bytes(int token) {
        byte[] piece = pieces[checked(token)];
        if (piece == null) {
            piece = piece(token, false);
            pieces[token] = piece;
        }
        return piece;
    }

    /**
     * Returns the bytes of the longest token. A text therefore has at least (bytes / this) tokens, except in
     * vocabularies that merge runs of spaces. The first call scans the whole vocabulary.
     */
    public int longestPiece() {
        int longest = longestPiece;
        if (longest == 0) {
            longest = 1;
            try (Arena arena = Arena.ofConfined()) {
                MemorySegment buffer = arena.allocate(PIECE_BYTES);
                for (int token = 0; token < size; token++) {
                    // with control tokens spelled out, because a prompt may consist of them
                    longest = Math.max(
                            longest, Math.abs(api.tokenToPiece(vocabulary, token, buffer, PIECE_BYTES, 0, true)));
                }
            }
            longestPiece = longest;
        }
        return longest;
    }

    private byte[] piece(int token, boolean special) {
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment buffer = arena.allocate(PIECE_BYTES);
            int length = api.tokenToPiece(vocabulary, token, buffer, PIECE_BYTES, 0, special);
            if (length < 0) {
                buffer = arena.allocate(-length);
                length = api.tokenToPiece(vocabulary, token, buffer, -length, 0, special);
            }
            return buffer.asSlice(0, length).toArray(JAVA_BYTE);
        }
    }

    /** llama.cpp does not check tokens everywhere. */
    private int checked(int token) {
        if (token < 0 || token >= size) {
            throw new IllegalArgumentException("no token " + token + " in a vocabulary of " + size);
        }
        return token;
    }
}
