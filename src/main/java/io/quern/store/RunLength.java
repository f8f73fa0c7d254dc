package io.quern.store;

/**
 * How much a connection asks for at a time. What the server has sent beyond the last block that was written is lost
 * when the process is killed, and on a fast network the kernels buffer several MB. So requests are short, but long
 * enough that waiting for the first byte takes little of the time. Used by one thread.
 */
final class RunLength {
    /** 1 MiB. */
    static final int LEAST = 4;

    /** 64 MiB. */
    static final int MOST = 256;

    /** Receiving takes so many times as long as waiting for the first byte. */
    private static final double FACTOR = 4;

    private long leastWaitNanos = Long.MAX_VALUE;
    private double blocksPerNano;

    /** @return a number of blocks */
    int next() {
        if (blocksPerNano == 0) {
            return LEAST;
        }
        return (int) Math.clamp(FACTOR * leastWaitNanos * blocksPerNano, LEAST, MOST);
    }

    /**
     * Takes note of a request.
     *
     * @param waitNanos time to the first byte
     * @param blocks that arrived
     * @param receiveNanos time from the first byte to the last
     */
    void observe(long waitNanos, int blocks, long receiveNanos) {
        leastWaitNanos = Math.min(leastWaitNanos, waitNanos);
        blocksPerNano = (double) blocks / Math.max(1, receiveNanos);
    }
}
