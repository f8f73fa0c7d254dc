package io.quern.topology;

import java.util.Comparator;
import java.util.List;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * The measured speed of a model on this machine.
 *
 * @param speeds one for each number of threads and streams, in any order
 */
public record Measurement(List<Speed> speeds) {
    /** A thread more must gain something: with so much of the best speed, fewer threads are better. */
    static final double ENOUGH = 0.8;

    /** Twice the slots are worth it if all streams together get faster by this factor. */
    static final double WORTH = 1.1;

    /**
     * A measured speed.
     *
     * @param streams the number of streams at the same time; 0 for the reading of a prompt
     * @param tokensPerSecond of all streams together
     */
    public record Speed(int threads, int streams, double tokensPerSecond) {}

    /**
     * Returns the fewest threads with which a single stream is almost as fast as with the best number, or empty if only
     * one number was measured.
     */
    OptionalInt threads(int most) {
        if (!comparesThreads()) {
            return OptionalInt.empty();
        }
        List<Speed> single = speeds.stream()
                .filter(speed -> speed.streams == 1 && speed.threads <= most)
                .toList();
        double best = single.stream().mapToDouble(Speed::tokensPerSecond).max().orElse(0);
        return single.stream()
                .filter(speed -> speed.tokensPerSecond >= ENOUGH * best)
                .mapToInt(Speed::threads)
                .min();
    }

    /** Returns whether several numbers of threads were measured; a measurement in the background has only one. */
    boolean comparesThreads() {
        return speeds.stream().mapToInt(Speed::threads).distinct().count() > 1;
    }

    /** Returns the speed of a single stream, with this number of threads or the next lower that was measured. */
    OptionalDouble single(int threads) {
        return measured(threads).stream()
                .filter(speed -> speed.streams == 1)
                .mapToDouble(Speed::tokensPerSecond)
                .findFirst();
    }

    /** Returns the largest number of streams up to which more streams make all together faster. */
    OptionalInt streams(int threads) {
        List<Speed> batches = measured(threads).stream()
                .filter(speed -> speed.streams > 0)
                .sorted(Comparator.comparingInt(Speed::streams))
                .toList();
        if (batches.isEmpty()) {
            return OptionalInt.empty();
        }
        Speed last = batches.getFirst();
        for (Speed next : batches) {
            double doublings = Math.log((double) next.streams / last.streams) / Math.log(2);
            if (doublings > 0 && next.tokensPerSecond >= last.tokensPerSecond * Math.pow(WORTH, doublings)) {
                last = next;
            }
        }
        return OptionalInt.of(last.streams);
    }

    private List<Speed> measured(int threads) {
        int nearest = speeds.stream()
                .mapToInt(Speed::threads)
                .filter(number -> number <= threads)
                .max()
                .orElse(0);
        return speeds.stream().filter(speed -> speed.threads == nearest).toList();
    }
}
