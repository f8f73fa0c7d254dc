package io.quern.settings;

import java.time.Duration;

/**
 * A configuration key whose value is checked before anything starts.
 *
 * @param key as it appears in application.properties
 * @param problems where a check adds a problem if the value is wrong
 */
public record Setting(String key, Problems problems) {

    /** Adds a problem if the value is below the minimum. */
    public void atLeast(long min, long value) {
        require(value >= min, "at least " + min, value);
    }

    /** Adds a problem if the value is outside the range, whose ends are allowed. */
    public void within(double min, double max, double value) {
        require(value >= min && value <= max, "from " + plain(min) + " to " + plain(max), plain(value));
    }

    /** Adds a problem if the value is shorter than a millisecond. */
    public void positive(Duration value) {
        // timers count in milliseconds
        require(value.compareTo(Duration.ofMillis(1)) >= 0, "at least 1 ms", value);
    }

    /** Adds a problem if the value is negative. */
    public void notNegative(Duration value) {
        require(!value.isNegative(), "0 or more", value);
    }

    private void require(boolean holds, String what, Object value) {
        if (!holds) {
            problems.add(key + " is " + value + "; it must be " + what);
        }
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? Long.toString((long) value) : Double.toString(value);
    }
}
