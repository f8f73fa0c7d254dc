package io.quern.worker;

/**
 * Decides how much time of a step prompts get besides the live sequences. Pure.
 *
 * <p>Prompts get the rest of the step. If that is little, they get as much time as the live sequences took, or more if
 * more prompts wait than sequences are live. So a waiting request counts as much as a running one. Otherwise many live
 * sequences would starve the prompts, and half of the slots would stay empty. Without live sequences no stream waits,
 * and larger batches are faster. The time is always bounded, because cancellations and new requests wait for the end of
 * a step.
 *
 * @param stepNanos target duration of a step
 */
record StepShare(long stepNanos) {
    private static final int MOST_STEPS = 4;

    /**
     * @param liveNanos time that the live sequences took
     * @param live number of live sequences
     * @param waiting number of waiting prompts
     * @return time for prompts in nanoseconds
     */
    long ofPrompts(long liveNanos, int live, int waiting) {
        long most = MOST_STEPS * stepNanos;
        long byNumber = live == 0 ? most : liveNanos * waiting / live;
        return Math.max(Math.max(stepNanos - liveNanos, liveNanos), Math.min(most, byNumber));
    }
}
