package io.quern.faults;

import java.util.List;

/** Durations of one kind, in milliseconds. */
public final class Times {
    private Times() {}

    /** The smallest that at least this share of them does not exceed; 0 of none. Share 0 is the smallest. */
    public static double percentile(List<Double> millis, double share) {
        List<Double> sorted = millis.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get(Math.max(0, (int) Math.ceil(share * sorted.size()) - 1));
    }

    /** For the table. */
    public static String told(List<Double> millis) {
        return "p50 %.0f, p99 %.0f, max %.0f ms (%d)"
                .formatted(percentile(millis, 0.5), percentile(millis, 0.99), percentile(millis, 1), millis.size());
    }

    public static double millisSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1e6;
    }
}
