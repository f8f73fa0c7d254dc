package io.quern.grammar;

import java.math.BigDecimal;
import java.util.ArrayList;
import java.util.List;

/**
 * Regular expressions of decimal numbers between bounds, digit by digit. All numbers are written without an exponent
 * and without needless zeros in front.
 */
final class NumberPatterns {
    private static final String FRACTION = "(?:\\.[0-9]+)?";

    private NumberPatterns() {}

    /** Returns the pattern of integers with at most this number of digits. */
    static String integer(int digits) {
        return "0|-?[1-9]" + times(0, digits - 1);
    }

    /** Returns the pattern of decimals with at most this number of digits before and after the point. */
    static String decimal(int digits, int fraction) {
        return "-?(?:0|[1-9]" + times(0, digits - 1) + ")"
                + (fraction == 0 ? "" : "(?:\\." + times(1, fraction) + ")?");
    }

    /** Returns the pattern of numbers of at least the bound, or above it. */
    static String atLeast(BigDecimal bound, boolean excluded) {
        if (bound.signum() >= 0) {
            return above(bound, excluded);
        }
        return "-(?:" + below(bound.negate(), excluded) + ")|[0-9.]+";
    }

    /** Returns the pattern of numbers of at most the bound, or below it. */
    static String atMost(BigDecimal bound, boolean excluded) {
        if (bound.signum() < 0) {
            return "-(?:" + above(bound.negate(), excluded) + ")";
        }
        String positive = bound.signum() == 0 && excluded ? "" : "|" + below(bound, excluded);
        // below zero, -0 must not count as a number below it
        String negative = bound.signum() == 0 && excluded ? above(BigDecimal.ZERO, true) : "[0-9.]+";
        return "-(?:" + negative + ")" + positive;
    }

    private static String above(BigDecimal bound, boolean excluded) {
        String[] parts = parts(bound);
        String whole = parts[0];
        String fraction = parts[1];
        List<String> ways = new ArrayList<>();
        ways.add("[1-9][0-9]{" + whole.length() + ",}" + FRACTION);
        for (int i = 0; i < whole.length(); i++) {
            if (whole.charAt(i) < '9') {
                ways.add(whole.substring(0, i)
                        + digits(whole.charAt(i) + 1, '9')
                        + times(whole.length() - i - 1)
                        + FRACTION);
            }
        }
        List<String> fractions = new ArrayList<>();
        for (int i = 0; i < fraction.length(); i++) {
            if (fraction.charAt(i) < '9') {
                fractions.add(fraction.substring(0, i) + digits(fraction.charAt(i) + 1, '9') + "[0-9]*");
            }
        }
        fractions.add(fraction + (excluded ? "[0-9]*[1-9][0-9]*" : "[0-9]*"));
        String same = "\\.(?:" + String.join("|", fractions) + ")";
        ways.add(whole + (fraction.isEmpty() && !excluded ? FRACTION : "(?:" + same + ")"));
        return String.join("|", ways);
    }

    private static String below(BigDecimal bound, boolean excluded) {
        String[] parts = parts(bound);
        String whole = parts[0];
        String fraction = parts[1];
        List<String> ways = new ArrayList<>();
        if (whole.length() > 1) {
            ways.add("(?:0|[1-9]" + times(0, whole.length() - 2) + ")" + FRACTION);
        }
        for (int i = 0; i < whole.length(); i++) {
            int lowest = i == 0 && whole.length() > 1 ? '1' : '0';
            if (whole.charAt(i) > lowest) {
                ways.add(whole.substring(0, i)
                        + digits(lowest, whole.charAt(i) - 1)
                        + times(whole.length() - i - 1)
                        + FRACTION);
            }
        }
        List<String> fractions = new ArrayList<>();
        for (int i = 0; i < fraction.length(); i++) {
            if (fraction.charAt(i) > '0') {
                fractions.add(fraction.substring(0, i) + digits('0', fraction.charAt(i) - 1) + "[0-9]*");
            }
            if (i > 0) {
                // a shorter fraction is smaller, because the bound's does not end with zeros
                fractions.add(fraction.substring(0, i));
            }
        }
        if (!excluded) {
            fractions.add(fraction.isEmpty() ? "0+" : fraction + "0*");
        }
        if (!excluded || !fraction.isEmpty()) {
            ways.add(whole + "(?:\\.(?:" + String.join("|", fractions) + "))?");
        }
        // only negative numbers are below zero
        return ways.isEmpty() ? "[^0-9.]" : String.join("|", ways);
    }

    /** Returns the digits before and after the point. */
    private static String[] parts(BigDecimal bound) {
        String text = bound.stripTrailingZeros().toPlainString();
        int point = text.indexOf('.');
        return point < 0 ? new String[] {text, ""} : new String[] {text.substring(0, point), text.substring(point + 1)};
    }

    private static String digits(int first, int last) {
        return "[" + (char) first + "-" + (char) last + "]";
    }

    private static String times(int count) {
        return count == 0 ? "" : times(count, count);
    }

    private static String times(int min, int max) {
        return "[0-9]{" + min + "," + max + "}";
    }
}
