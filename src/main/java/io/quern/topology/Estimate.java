package io.quern.topology;

/**
 * Estimates how fast a model generates, from the weights that a token reads. Good to a factor of about two: on one core
 * of an AMD EPYC, SmolLM2-135M reads 20 GB/s in Q4_0 and 11 GB/s in Q4_1, with weights in the processor's cache. Large
 * models do not fit there.
 */
final class Estimate {
    /** Bytes of weights that one thread reads and computes with in a second. */
    static final double PER_THREAD = 5e9;

    /** Tokens per second of a stream that people can read while it is written. */
    static final int READABLE = 10;

    /** With fewer bytes of weights for each of them, threads wait for each other longer than they compute. */
    private static final long LEAST_PER_THREAD = 16L << 20;

    private Estimate() {}

    /** Returns the fewest threads that give a single stream a readable speed. */
    static int readableThreads(ModelSize model) {
        return (int) Math.clamp(Math.ceil(model.bytesPerToken() * (double) READABLE / PER_THREAD), 1, 1 << 16);
    }

    /**
     * Returns the fewest threads that give a single stream a readable speed.
     *
     * @param speed measured tokens per second with one thread
     */
    static int readableThreads(double speed) {
        return (int) Math.clamp(Math.ceil(READABLE / speed), 1, 1 << 16);
    }

    /** Returns the most threads among which the weights of a token are worth dividing, at least 1. */
    static int mostThreads(ModelSize model) {
        return (int) Math.clamp(model.bytesPerToken() / LEAST_PER_THREAD, 1, 1 << 16);
    }

    /** Returns the tokens per second of a single stream with one thread. */
    static double speed(ModelSize model) {
        return PER_THREAD / Math.max(1, model.bytesPerToken());
    }
}
