package io.quern.jinja;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;

/** Formats real numbers with a given precision, as C's and Python's conversions f, e and g do, but without the sign. */
final class Decimals {
    static final int DEFAULT_PRECISION = 6;

    /** Doubles have no more decimals than that, and more would only cost time. */
    private static final int MAX_PRECISION = 1000;

    private Decimals() {}

    /** @param value not negative and finite */
    static String fixed(double value, int precision, boolean alternate) {
        String text = new BigDecimal(value)
                .setScale(checked(precision), RoundingMode.HALF_EVEN)
                .toPlainString();
        return alternate && precision == 0 ? text + "." : text;
    }

    /** @param value not negative and finite */
    static String scientific(double value, int precision, boolean alternate) {
        checked(precision);
        if (value == 0) {
            return "0" + (precision > 0 ? "." + "0".repeat(precision) : alternate ? "." : "") + "e+00";
        }
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(precision + 1, RoundingMode.HALF_EVEN));
        int exponent = rounded.precision() - rounded.scale() - 1;
        String digits = rounded.unscaledValue().toString();
        digits += "0".repeat(Math.max(0, precision + 1 - digits.length()));
        String fraction = digits.substring(1, precision + 1);
        return digits.charAt(0) + (fraction.isEmpty() ? alternate ? "." : "" : "." + fraction) + exponent(exponent);
    }

    /**
     * Formats with the conversion g: as short as the value allows.
     *
     * @param value not negative and finite
     * @param point whether a number without a fraction ends in .0, as Python writes a float without a format type
     */
    static String general(double value, int precision, boolean alternate, boolean point) {
        int digits = Math.max(1, checked(precision));
        int exponent = 0;
        if (value != 0) {
            BigDecimal rounded = new BigDecimal(value).round(new MathContext(digits, RoundingMode.HALF_EVEN));
            exponent = rounded.precision() - rounded.scale() - 1;
        }
        if (exponent < -4 || exponent >= (point ? digits - 1 : digits) && !(point && digits == 1 && value == 0)) {
            String text = scientific(value, digits - 1, alternate);
            int e = text.indexOf('e');
            return (alternate ? text.substring(0, e) : trimmed(text.substring(0, e))) + text.substring(e);
        }
        String text = fixed(value, digits - 1 - exponent, alternate);
        if (alternate) {
            return text;
        }
        String short_ = trimmed(text);
        return point && short_.indexOf('.') < 0 ? short_ + ".0" : short_;
    }

    private static String trimmed(String text) {
        if (text.indexOf('.') < 0) {
            return text;
        }
        int end = text.length();
        while (text.charAt(end - 1) == '0') {
            end--;
        }
        return text.substring(0, text.charAt(end - 1) == '.' ? end - 1 : end);
    }

    private static String exponent(int exponent) {
        return (exponent < 0 ? "e-" : "e+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    private static int checked(int precision) {
        if (precision > MAX_PRECISION) {
            throw TemplateError.unsupported("a precision of " + precision);
        }
        return precision;
    }
}
