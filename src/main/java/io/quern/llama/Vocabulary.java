package io.quern.llama;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** A model's tokens. Several threads may use it. */
public final class Vocabulary {
    private static final int PIECE_BYTES = 256;
    /** The attributes unknown, control and user-defined: llama.cpp looks for such tokens before it splits a text. */
    private static final int WRITTEN_OUT = 1 | 8 | 16;

    private static final int INT32_MIN = Integer.MIN_VALUE;

    private final ModelApi api;
    private final MemorySegment vocabulary;
    private final int size;
    /** Filled when tokens are first used; a race writes the same value twice. */
    private final byte[][] pieces;

    private volatile int longestPiece;
    private volatile int @Nullable [] endsOfGeneration;

    private volatile @Nullable LongText longText;

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

    /**
     * Returns the bytes of a token as {@link #bytes} does, and those of a control token as the vocabulary spells it.
     */
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
        if (utf8.length <= LongText.PART_BYTES) {
            return whole(utf8, addSpecial);
        }
        List<Integer> ends = longText().cuts(utf8);
        if (ends.size() == 1) {
            return whole(utf8, addSpecial);
        }
        IntStream.Builder tokens = IntStream.builder();
        parts(utf8, addSpecial, ends, part -> Arrays.stream(part).forEach(tokens));
        return tokens.build().toArray();
    }

    /**
     * Does the same, but passes the tokens on in parts, for texts whose tokens the heap may not hold.
     *
     * @param most tokens of a part
     */
    public void tokenize(byte[] utf8, boolean addSpecial, int most, Consumer<int[]> parts) {
        List<Integer> ends = utf8.length <= LongText.PART_BYTES
                ? List.of(utf8.length)
                : longText().cuts(utf8);
        if (ends.size() == 1) {
            tokens(utf8, addSpecial, most, parts);
        } else {
            parts(utf8, addSpecial, ends, part -> {
                for (int from = 0; from < part.length; from += most) {
                    parts.accept(Arrays.copyOfRange(part, from, Math.min(part.length, from + most)));
                }
            });
        }
    }

    private void parts(byte[] utf8, boolean addSpecial, List<Integer> ends, Consumer<int[]> parts) {
        int start = 0;
        int[] closing = new int[0];
        for (int end : ends) {
            byte[] text = Arrays.copyOfRange(utf8, start, end);
            int[] own = whole(text, false);
            if (start == 0 && addSpecial) {
                int[] framed = whole(text, true);
                int opening = framed.length - own.length > 0 && !startsWith(framed, own) ? 1 : 0;
                closing = Arrays.copyOfRange(framed, opening + own.length, framed.length);
                own = Arrays.copyOf(framed, opening + own.length);
            }
            parts.accept(own);
            start = end;
        }
        parts.accept(closing);
    }

    private static boolean startsWith(int[] tokens, int[] prefix) {
        return Arrays.equals(tokens, 0, prefix.length, prefix, 0, prefix.length);
    }

    private LongText longText() {
        LongText text = longText;
        if (text == null) {
            List<byte[]> controls = new ArrayList<>();
            for (int token = 0; token < size; token++) {
                if ((api.tokenAttributes(vocabulary, token) & WRITTEN_OUT) != 0) {
                    controls.add(name(token).getBytes(StandardCharsets.UTF_8));
                }
            }
            text = new LongText(controls);
            longText = text;
        }
        return text;
    }

    private int[] whole(byte[] utf8, boolean addSpecial) {
        int[][] tokens = {{}};
        tokens(utf8, addSpecial, Integer.MAX_VALUE, all -> tokens[0] = all);
        return tokens[0];
    }

    private void tokens(byte[] utf8, boolean addSpecial, int most, Consumer<int[]> parts) {
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
            for (long from = 0; from < count; from += most) {
                parts.accept(tokens.asSlice(from * Integer.BYTES, Math.min(most, count - from) * Integer.BYTES)
                        .toArray(JAVA_INT));
            }
        }
    }

    /**
     * Joins tokens into a text. Spells control tokens out, so the text of a whole prompt is the prompt.
     *
     * @param tokens of this vocabulary
     * @param maxBytes the longest text
     * @param partBytes the size of the parts in which the text is passed on
     * @param parts receives UTF-8, which may be cut inside a character
     * @throws LlamaException if llama.cpp refuses, or the text is longer
     */
    public void detokenize(int[] tokens, int maxBytes, int partBytes, Consumer<byte[]> parts) {
        for (int token : tokens) {
            checked(token);
        }
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment ids = arena.allocateFrom(JAVA_INT, tokens);
            int capacity = partBytes;
            MemorySegment text = arena.allocate(capacity);
            int length = api.detokenize(vocabulary, ids, tokens.length, text, capacity, false, true);
            if (length < 0 && length >= -maxBytes) {
                capacity = -length;
                text = arena.allocate(capacity);
                length = api.detokenize(vocabulary, ids, tokens.length, text, capacity, false, true);
            }
            if (length < 0 || length > maxBytes) {
                throw new LlamaException(
                        LlamaException.Kind.TOKENIZE,
                        tokens.length + " tokens have a text of more than " + maxBytes + " bytes");
            }
            for (int from = 0; from < length; from += partBytes) {
                parts.accept(
                        text.asSlice(from, Math.min(partBytes, length - from)).toArray(JAVA_BYTE));
            }
        }
    }

    /** Returns the name of a token in the vocabulary, in which other characters may stand for bytes and spaces. */
    public String name(int token) {
        return Types.string(api.tokenName(vocabulary, checked(token)));
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
