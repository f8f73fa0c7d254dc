package io.quern.openai;

/** Derives the seeds of the choices of one answer. Pure. */
final class ChoiceSeeds {
    /** The increment of Java's SplittableRandom, by which seeds of neighbouring choices differ in many bits. */
    private static final long STEP = 0x9e3779b97f4a7c15L;

    private ChoiceSeeds() {}

    /**
     * Returns the seed of a choice: the request's for the first one, so that it is the answer that a request for one
     * choice gets, and a mix of the request's seed and the index for the others.
     */
    static long of(long seed, int choice) {
        return choice == 0 ? seed : mix(seed + choice * STEP);
    }

    /** The finalizer of SplitMix64. */
    private static long mix(long value) {
        long mixed = (value ^ value >>> 30) * 0xbf58476d1ce4e5b9L;
        mixed = (mixed ^ mixed >>> 27) * 0x94d049bb133111ebL;
        return mixed ^ mixed >>> 31;
    }
}
