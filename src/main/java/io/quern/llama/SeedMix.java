package io.quern.llama;

/** Turns (seed, position) into the 32 bits that seed one draw. */
final class SeedMix {
    /** 2^64 / golden ratio: neighbouring positions land far from each other. */
    private static final long WEYL = 0x9E3779B97F4A7C15L;
    /** llama.cpp takes this seed for "random". */
    private static final int RESERVED = 0xFFFFFFFF;

    private SeedMix() {}

    /** The finaliser of SplitMix64 (Steele, Lea, Flood 2014), folded to its upper half. */
    static int mix(long seed, long position) {
        long z = finish(finish(seed) + (position + 1) * WEYL);
        int mixed = (int) (z >>> 32);
        return mixed == RESERVED ? (int) z & Integer.MAX_VALUE : mixed;
    }

    private static long finish(long z) {
        long a = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
        long b = (a ^ (a >>> 27)) * 0x94D049BB133111EBL;
        return b ^ (b >>> 31);
    }
}
