package io.quern.bench;

import com.fasterxml.jackson.databind.node.ObjectNode;
import org.HdrHistogram.Histogram;

/**
 * The distribution of a time, in milliseconds; all zero if nothing was measured.
 *
 * @param count measured values
 */
public record Percentiles(long count, double p50, double p90, double p99, double max) {
    private static final double MICROS = 1000;

    static Percentiles of(Histogram recorded) {
        Histogram now = recorded.copy();
        return new Percentiles(
                now.getTotalCount(),
                now.getValueAtPercentile(50) / MICROS,
                now.getValueAtPercentile(90) / MICROS,
                now.getValueAtPercentile(99) / MICROS,
                now.getMaxValue() / MICROS);
    }

    void writeTo(ObjectNode json) {
        json.put("count", count).put("p50", p50).put("p90", p90).put("p99", p99).put("max", max);
    }
}
