package io.quern.worker;

/** FNV-1a over tokens, to tell whether two texts are the same so far. */
final class TokenHash {
    static final long START = 0xcbf29ce484222325L;

    private static final long PRIME = 0x100000001b3L;

    private TokenHash() {}

    static long add(long hash, int token) {
        return (hash ^ token) * PRIME;
    }
}
