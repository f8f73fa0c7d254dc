package io.quern.worker;

/**
 * How much time of a step prompts get beside the live sequences. Pure.
 *
 * <p>They get what the live sequences leave of the step. Where that is little, they get as long as the live sequences took, or
 * longer where more prompts wait than sequences are live: a request that waits counts as much as one that is served, else many
 * live sequences would starve the prompts of those that could join them, and slots would stand half empty. Where nothing is
 * live nobody's stream waits, and larger batches are faster. Whatever the numbers, it is bounded, because cancelling and what
 * newly comes wait for the end of a step.
 *
 * @param stepNanos how long a step should take
 */
record StepShare(long stepNanos) {
    private static final int MOST_STEPS = 4;

    /**
     * @param liveNanos how long the live sequences took
     * @param live how many they are
     * @param waiting prompts
     * @return nanoseconds
     */
    long ofPrompts(long liveNanos, int live, int waiting) {
        long most = MOST_STEPS * stepNanos;
        long byNumber = live == 0 ? most : liveNanos * waiting / live;
        return Math.max(Math.max(stepNanos - liveNanos, liveNanos), Math.min(most, byNumber));
    }
}
