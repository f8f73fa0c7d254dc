package io.quern.generation;

/** Checks that numbers of a request are within their ranges. */
final class Ranges {
    private Ranges() {}

    static void requireWithin(String name, double value, double min, double max) {
        // the condition is negated so that NaN fails too
        if (!(value >= min && value <= max)) {
            throw new InvalidRequestException(
                    name, "must be between " + plain(min) + " and " + plain(max) + ", but is " + plain(value));
        }
    }

    /** As {@link #requireWithin}, for a share of the probability, which must not be 0. */
    static void requireShare(String name, double value) {
        requireWithin(name, value, 0, 1);
        if (value == 0) {
            throw new InvalidRequestException(name, "must be greater than 0 and at most 1, but is 0");
        }
    }

    static void requireAtMost(String name, int size, int most, String what) {
        if (size > most) {
            throw new InvalidRequestException(
                    name, "must contain at most " + most + " " + what + ", but contains " + size);
        }
    }

    static String plain(double value) {
        return value == Math.rint(value) && Math.abs(value) < 1e15
                ? Long.toString((long) value)
                : Double.toString(value);
    }
}
