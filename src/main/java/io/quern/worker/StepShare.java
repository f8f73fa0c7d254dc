package io.quern.worker;

/**
 * Decides how much time of a step prompts get besides the live sequences. Callers pass all times.
 *
 * <p>Beside live sequences, prompts get a little less time than those took, so a prompt of any length does not quite
 * double the time between two tokens of a stream. The difference is for pieces that take longer than expected. Three
 * cases get more:
 *
 * <ul>
 *   <li>Beside a single sequence, prompts get the rest of the step, and half of that with each further sequence. The
 *       step is short then, so prompts would wait long to spare a few streams a gap that nobody notices.
 *   <li>If more prompts wait than sequences are live, and all of them are computed soon, they get long steps until few
 *       of them are left. A few streams have some longer gaps, but then all run in large batches: small ones beside
 *       small pieces of prompts take much longer together.
 *   <li>If more prompts wait than sequences are live, a waiting request counts as much as a running one. Otherwise many
 *       live sequences would starve the prompts, and half of the slots would stay empty.
 * </ul>
 *
 * <p>Without live sequences no stream waits, and larger batches are faster. The time is always bounded, because
 * cancellations and new requests wait for the end of a step.
 */
final class StepShare {
    private static final int MOST_STEPS = 4;

    /** Prompts are computed soon if they take at most so many long steps. */
    private static final int SOON = 10;

    /** Few prompts are left if so many times as many sequences are live. */
    private static final int FEW = 4;

    /** Time for prompts beside live sequences, as a share of the time that those took. */
    private static final double BESIDE = 0.8;

    /** Least time for prompts, as a part of a step: in less, even a GPU computes only pieces that cost too much. */
    private static final int LEAST_PART = 16;

    private final long stepNanos;

    /** Whether a burst of prompts is being computed. */
    private boolean burst;

    /** @param stepNanos target duration of a step */
    StepShare(long stepNanos) {
        this.stepNanos = stepNanos;
    }

    /**
     * @param liveNanos time that the live sequences took
     * @param live number of live sequences
     * @param waiting number of waiting prompts
     * @param waitingNanos expected time for all of these prompts
     * @return time for prompts in nanoseconds
     */
    long ofPrompts(long liveNanos, int live, int waiting, long waitingNanos) {
        long most = MOST_STEPS * stepNanos;
        boolean begins = waiting > live;
        boolean goesOn = burst && waiting > 0 && FEW * waiting >= live;
        burst = waitingNanos <= SOON * most && (begins || goesOn);
        if (live == 0 || burst) {
            return most;
        }
        long rest = (stepNanos - liveNanos) >> Math.min(live, Long.SIZE) - 1;
        long beside = Math.max((long) (BESIDE * liveNanos), Math.max(rest, stepNanos / LEAST_PART));
        return Math.max(beside, Math.min(most, liveNanos * waiting / live));
    }
}
