package io.quern.worker;

/** Bounds the time for copies of states to a share of the steps' time. It measures what the copy of a token costs. */
final class CopyBudget {
    /** Longest time over which the unused share adds up, since a burst must not delay streams. */
    private static final long MAX_CREDIT_NANOS = 100_000_000;

    private static final int LEAST_COUNTED = 100;

    private final double share;
    private long credit;
    private double nanosPerToken;

    CopyBudget(double share) {
        this.share = share;
    }

    /** Records a step of this duration. */
    void earn(long nanos) {
        credit = Math.min(MAX_CREDIT_NANOS, credit + (long) (nanos * share));
    }

    /** Returns whether there is time for a copy, however short. */
    boolean left() {
        return credit > 0;
    }

    /**
     * Returns how many tokens there is time for.
     *
     * @param unmeasured the answer as long as nothing is known about the cost
     */
    int affordable(int unmeasured) {
        return nanosPerToken == 0 ? unmeasured : (int) Math.min(Integer.MAX_VALUE, credit / nanosPerToken);
    }

    /**
     * Returns the number of tokens as which the copy of a whole state counts. A short one costs more for each token
     * than a long one. If that were taken for the cost of a long one, there might never be time for another copy, and
     * so for another measurement.
     */
    static int counted(int tokens) {
        return Math.max(tokens, LEAST_COUNTED);
    }

    /**
     * Records a copy.
     *
     * @param nanos how long it took
     * @param tokens as many as it counts
     */
    void spend(long nanos, int tokens) {
        // on a busy machine the time may include other processes
        long took = nanosPerToken == 0 ? nanos : Math.min(nanos, (long) (2 * nanosPerToken * tokens));
        credit -= took;
        double cost = (double) took / tokens;
        // falls at once, but rises slowly, since nothing is measured as long as copies seem too dear
        nanosPerToken = nanosPerToken == 0 ? cost : Math.min(cost, (3 * nanosPerToken + cost) / 4);
    }
}
