package io.quern.llama;

/** Combines (seed, position) into one random number, or into the 32 bits that seed one draw of llama.cpp. */
final class SeedMix {
    /** 2^64 / golden ratio: adjacent positions get very different values. */
    private static final long WEYL = 0x9E3779B97F4A7C15L;
    /** llama.cpp interprets this seed as "random". */
    private static final int RESERVED = 0xFFFFFFFF;

    private SeedMix() {}

    /** Applies the finaliser of SplitMix64 (Steele, Lea, Flood 2014) and returns the upper half. */
    static int mix(long seed, long position) {
        long z = finish(finish(seed) + (position + 1) * WEYL);
        int mixed = (int) (z >>> 32);
        return mixed == RESERVED ? (int) z & Integer.MAX_VALUE : mixed;
    }

    /** Returns a random number from 0 (inclusive) to 1 (exclusive) for this position. */
    static double uniform(long seed, long position) {
        return (finish(finish(seed) + (position + 1) * WEYL) >>> 11) * 0x1p-53;
    }

    private static long finish(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
