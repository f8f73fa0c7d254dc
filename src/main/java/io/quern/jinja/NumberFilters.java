package io.quern.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** jinja2's filters that return numbers. */
final class NumberFilters {
    private static final int DECIMAL = 10;

    /** A double has no digits beyond this decimal place. */
    private static final int MAX_DECIMALS = 350;

    private static final List<String> SIZES = List.of("kB", "MB", "GB", "TB", "PB", "EB", "ZB", "YB");
    private static final List<String> BINARY_SIZES = List.of("KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB");

    private NumberFilters() {}

    /** Returns the filters by signature. */
    static Map<String, Filter.Plain> all() {
        return Map.of(
                "abs:", (v, a, b) -> Numbers.absolute(number(v)),
                "int: [default], [base]", NumberFilters::whole,
                "float: [default]",
                        (v, a, b) -> {
                            Object real = real(v, b);
                            return real != null ? real : a[0] == null ? (Object) 0.0 : a[0];
                        },
                "round: [precision], [method]", NumberFilters::round,
                "filesizeformat: [binary]", NumberFilters::fileSize);
    }

    private static Object number(Object value) {
        if (!Numbers.isNumber(Undefined.required(value))) {
            throw new TemplateError("expected a number, got " + Values.typeName(value));
        }
        return value;
    }

    private static Object whole(Object value, @Nullable Object[] given, Budget budget) {
        Undefined.required(value);
        Object otherwise = given[0] == null ? (Object) 0L : given[0];
        if (Values.isText(value)) {
            int base = given[1] == null ? DECIMAL : Numbers.index(given[1]);
            budget.steps(Values.text(value).length());
            Object whole = parsed(Values.text(value), base);
            if (whole != null) {
                return whole;
            }
            Object real = real(value, budget);
            return real == null || !finite(real) ? otherwise : Numbers.ofReal((Double) real);
        }
        if (value instanceof Double real) {
            return Double.isNaN(real) ? otherwise : Numbers.ofReal(real);
        }
        return Numbers.isWhole(value) ? Numbers.of(Numbers.big(value)) : otherwise;
    }

    private static boolean finite(Object real) {
        return !Double.isNaN((Double) real) && !Double.isInfinite((Double) real);
    }

    /** Implements Python's int(text, base); null if the text is not an integer. */
    private static @Nullable Object parsed(String text, int base) {
        String digits = Text.stripEnd(Text.stripStart(text));
        boolean negative = digits.startsWith("-");
        if (negative || digits.startsWith("+")) {
            digits = digits.substring(1);
        }
        int radix = base;
        if (digits.length() > 1 && digits.charAt(0) == '0') {
            int prefixed =
                    switch (Character.toLowerCase(digits.charAt(1))) {
                        case 'b' -> 2;
                        case 'o' -> 8;
                        case 'x' -> 16;
                        default -> 0;
                    };
            if (prefixed != 0 && (base == 0 || base == prefixed)) {
                radix = prefixed;
                digits = digits.substring(2);
                digits = digits.startsWith("_") ? digits.substring(1) : digits;
            }
        }
        if (radix == 0) {
            radix = DECIMAL;
            if (digits.length() > 1
                    && digits.charAt(0) == '0'
                    && !digits.replaceAll("[0_]", "").isEmpty()) {
                return null;
            }
        }
        if (radix < Character.MIN_RADIX || radix > Character.MAX_RADIX) {
            return null;
        }
        String plain = withoutUnderscores(digits);
        if (plain == null || plain.length() > Numbers.MAX_DIGITS || !allDigits(plain, radix)) {
            return null;
        }
        BigInteger whole = new BigInteger(plain, radix);
        return Numbers.of(negative ? whole.negate() : whole);
    }

    private static boolean allDigits(String text, int radix) {
        return !text.isEmpty() && text.chars().allMatch(c -> Character.digit(c, radix) >= 0);
    }

    /** Removes underscores; null if one is not between digits. */
    private static @Nullable String withoutUnderscores(String digits) {
        boolean wrong = digits.startsWith("_") || digits.endsWith("_") || digits.contains("__");
        return wrong ? null : digits.replace("_", "");
    }

    /** Implements Python's float(value); null if the value is not a number. */
    private static @Nullable Object real(Object value, Budget budget) {
        Undefined.required(value);
        if (Numbers.isNumber(value)) {
            return Numbers.real(value);
        }
        if (!Values.isText(value)) {
            return null;
        }
        budget.steps(Values.text(value).length());
        String text = Text.stripEnd(Text.stripStart(Values.text(value)));
        String unsigned = text.startsWith("-") || text.startsWith("+") ? text.substring(1) : text;
        double sign = text.startsWith("-") ? -1 : 1;
        return switch (unsigned.toLowerCase(Locale.ROOT)) {
            case "inf", "infinity" -> sign * Double.POSITIVE_INFINITY;
            case "nan" -> Double.NaN;
            default ->
                unsigned.matches("(\\d+(_\\d+)*)?(\\.(\\d+(_\\d+)*)?)?([eE][+-]?\\d+(_\\d+)*)?")
                                && unsigned.matches("[0-9.].*")
                                && !unsigned.matches("\\.([eE].*)?")
                        ? (Object) Double.parseDouble(text.replace("_", ""))
                        : null;
        };
    }

    private static Object round(Object value, @Nullable Object[] given, Budget budget) {
        number(value);
        int precision = given[0] == null ? 0 : Numbers.index(given[0]);
        String method = given[1] == null ? "common" : Values.text(given[1]);
        return switch (method) {
            case "common" -> rounded(value, precision);
            case "ceil", "floor" -> {
                Object power = Numbers.power(10L, (long) precision, budget);
                Object scaled = Numbers.multiply(value, power, budget);
                Object whole = scaled instanceof Double real
                        ? Numbers.ofReal(method.equals("ceil") ? Math.ceil(real) : Math.floor(real))
                        : scaled;
                yield Numbers.divide(whole, power);
            }
            default ->
                throw new TemplateError("round supports the methods common, ceil and floor, not '" + method + "'");
        };
    }

    private static Object rounded(Object value, int precision) {
        if (value instanceof Double real) {
            if (!finite(real) || precision > MAX_DECIMALS) {
                return real;
            }
            return precision < -MAX_DECIMALS
                    ? Math.copySign(0.0, real)
                    : Math.copySign(
                            new BigDecimal(Math.abs(real))
                                    .setScale(precision, RoundingMode.HALF_EVEN)
                                    .doubleValue(),
                            real);
        }
        BigInteger whole = Numbers.big(value);
        if (precision >= 0) {
            return Numbers.of(whole);
        }
        return precision < -Numbers.MAX_DIGITS
                ? 0L
                : Numbers.of(new BigDecimal(whole)
                        .setScale(precision, RoundingMode.HALF_EVEN)
                        .toBigInteger());
    }

    private static Object fileSize(Object value, @Nullable Object[] given, Budget budget) {
        Object real = real(value, budget);
        if (real == null) {
            throw new TemplateError("expected a number, got " + Values.typeName(value));
        }
        double bytes = (Double) real;
        boolean binary = given[0] != null && Values.truth(given[0]);
        int base = binary ? 1024 : 1000;
        if (bytes == 1) {
            return "1 Byte";
        }
        if (bytes < base) {
            return Text.representation(Numbers.ofReal(bytes), budget) + " Bytes";
        }
        List<String> sizes = binary ? BINARY_SIZES : SIZES;
        double unit = base;
        int size = -1;
        do {
            size++;
            unit *= base;
        } while (!(bytes < unit) && size < sizes.size() - 1);
        return FormatSpec.parse(".1f").apply(base * bytes / unit, budget) + " " + sizes.get(size);
    }
}
