package io.quern.faults;

import java.util.List;

/** Statistics of durations in milliseconds. */
public final class Times {
    private Times() {}

    /**
     * Returns the smallest duration that at least this share of them does not exceed, or 0 if there are none. Share 0
     * gives the smallest.
     */
    public static double percentile(List<Double> millis, double share) {
        List<Double> sorted = millis.stream().sorted().toList();
        return sorted.isEmpty() ? 0 : sorted.get(Math.max(0, (int) Math.ceil(share * sorted.size()) - 1));
    }

    /** Summarizes durations for a table. */
    public static String summary(List<Double> millis) {
        return "p50 %.0f, p99 %.0f, max %.0f ms (%d)"
                .formatted(percentile(millis, 0.5), percentile(millis, 0.99), percentile(millis, 1), millis.size());
    }

    public static double millisSince(long nanoTime) {
        return (System.nanoTime() - nanoTime) / 1e6;
    }
}
