package io.quern.worker;

/** Computes FNV-1a over tokens, to compare the beginnings of two texts. */
final class TokenHash {
    static final long START = 0xcbf29ce484222325L;

    private static final long PRIME = 0x100000001b3L;

    private TokenHash() {}

    static long add(long hash, int token) {
        return (hash ^ token) * PRIME;
    }
}
