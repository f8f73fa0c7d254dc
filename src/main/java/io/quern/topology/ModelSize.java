package io.quern.topology;

/**
 * The size of a model's weights.
 *
 * @param bytes bytes of all weights
 * @param bytesPerToken bytes that one token reads; a mixture of experts reads only some of them
 */
public record ModelSize(long bytes, long bytesPerToken) {

    /** Returns whether one thread is expected to generate a stream at a readable speed. */
    public boolean isReadableWithOneThread() {
        return Estimate.readableThreads(this) == 1;
    }
}
