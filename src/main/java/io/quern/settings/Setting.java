package io.quern.settings;

import java.time.Duration;

/**
 * A configuration key whose value is looked at before anything is started.
 *
 * @param key as it stands in application.properties
 * @param problems where one is told whose value makes no sense
 */
public record Setting(String key, Problems problems) {

    public void atLeast(long min, long value) {
        require(value >= min, "at least " + min, value);
    }

    public void within(double min, double max, double value) {
        require(value >= min && value <= max, "from " + plain(min) + " to " + plain(max), plain(value));
    }

    public void positive(Duration value) {
        // what is waited for is counted in milliseconds
        require(value.compareTo(Duration.ofMillis(1)) >= 0, "at least a millisecond", value);
    }

    public void notNegative(Duration value) {
        require(!value.isNegative(), "no negative time", value);
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
