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
 *   <li>If more prompts wait than sequences are live, and all of them are short and computed soon, they get very long
 *       steps until they are computed. A few streams have longer gaps meanwhile, but then all run in large batches: small
 *       ones beside small pieces of prompts take much longer together.
 *   <li>If more prompts wait than sequences are live, a waiting request counts as much as a running one. Otherwise many
 *       live sequences would starve the prompts, and half of the slots would stay empty.
 * </ul>
 *
 * <p>Without live sequences no stream waits, and larger batches are faster. The time is always bounded, because
 * cancellations and new requests wait for the end of a step.
 */
final class StepShare {
    private static final int MOST_STEPS = 4;

    /** The same for the prompts of a burst beside live sequences. */
    private static final int MOST_BURST_STEPS = 8;

    /** Prompts are computed soon if they take at most so many long steps; they are short if one takes at most one. */
    private static final int SOON = 25;

    /** Time for prompts beside live sequences, as a share of the time that those took. */
    private static final double BESIDE = 0.8;

    /** Least time for prompts, as a part of a step: in less, even a GPU computes only pieces that cost too much. */
    private static final int LEAST_PART = 16;

    private final long stepNanos;

    /** Time that the prompts of a burst still get. More prompts that come meanwhile share it. */
    private long burstNanos;

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
        if (live == 0) {
            return most;
        }
        if (waiting > live && waitingNanos <= most * Math.min(SOON, waiting)) {
            burstNanos = waitingNanos;
        } else if (waiting == 0) {
            burstNanos = 0;
        }
        if (burstNanos > 0) {
            long time = MOST_BURST_STEPS * stepNanos;
            burstNanos -= time;
            return time;
        }
        long rest = (stepNanos - liveNanos) >> Math.min(live, Long.SIZE) - 1;
        long beside = Math.max((long) (BESIDE * liveNanos), Math.max(rest, stepNanos / LEAST_PART));
        return Math.max(beside, Math.min(most, liveNanos * waiting / live));
    }
}
