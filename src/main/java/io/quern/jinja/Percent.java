package io.quern.jinja;

import java.math.BigInteger;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Implements Python's {@code format % values} and the filter {@code format}. */
final class Percent {
    private static final Pattern FIELD =
            Pattern.compile("%(?:\\(([^)]*)\\))?([-+ #0]*)(\\*|\\d+)?(?:\\.(\\*|\\d*))?[hlL]?(.)", Pattern.DOTALL);

    private final Object values;
    private final Budget budget;
    private int next;

    private Percent(Object values, Budget budget) {
        this.values = values;
        this.budget = budget;
    }

    /** @param values a tuple of values, a dict of named values, or a single value */
    static String apply(String format, Object values, Budget budget) {
        return new Percent(values, budget).filled(format);
    }

    private String filled(String format) {
        StringBuilder out = new StringBuilder();
        Matcher field = FIELD.matcher(format);
        int from = 0;
        for (int at = format.indexOf('%'); at >= 0; at = format.indexOf('%', from)) {
            budget.step();
            out.append(format, from, at);
            field.region(at, format.length());
            if (!field.lookingAt()) {
                throw new TemplateError("a field of the format is incomplete");
            }
            out.append(field(field));
            budget.growing(out.length());
            from = field.end();
        }
        out.append(format, from, format.length());
        if (!(values instanceof Dict) && next < (values instanceof Tuple all ? all.size() : 1) && !unused()) {
            throw new TemplateError("the format does not use all values");
        }
        budget.text(out.length());
        return out.toString();
    }

    /**
     * Returns whether no field needs to use the values: Python treats a list, or another object with elements, as a
     * mapping.
     */
    private boolean unused() {
        return next == 0 && (values instanceof List<?> && !(values instanceof Tuple) || values instanceof Undefined);
    }

    private String field(Matcher field) {
        char type = field.group(5).charAt(0);
        if (type == '%') {
            if (field.end() - field.start() > 2) {
                throw new TemplateError("'%%' must not contain options");
            }
            return "%";
        }
        String flags = field.group(2);
        int width = number(field.group(3), 0);
        int precision = field.group(4) == null ? -1 : field.group(4).isEmpty() ? 0 : number(field.group(4), 0);
        Object value = field.group(1) == null ? value() : named(field.group(1));
        Place place = Place.of(flags, width);
        boolean alternate = flags.indexOf('#') >= 0;
        return switch (type) {
            case 's', 'r' -> padded("", cut(value, type, precision), place.withoutZeros());
            case 'c' -> padded("", character(value), place.withoutZeros());
            case 'd', 'i', 'u', 'x', 'X', 'o' -> {
                BigInteger whole = whole(value, type);
                String digits = digits(whole.abs(), type);
                digits = "0".repeat(Math.max(0, precision - digits.length())) + digits;
                String prefix = alternate && "xXo".indexOf(type) >= 0 ? "0" + type : "";
                yield padded((whole.signum() < 0 ? "-" : place.sign()) + prefix, digits, place);
            }
            case 'e', 'E', 'f', 'F', 'g', 'G' -> {
                double real = Numbers.real(value);
                boolean negative = real < 0 || 1 / real < 0;
                yield padded(negative ? "-" : place.sign(), real(Math.abs(real), type, precision, alternate), place);
            }
            default -> throw new TemplateError("'" + type + "' is not a conversion of a format");
        };
    }

    /**
     * Describes how a value is placed in its field.
     *
     * @param sign the prefix of a number that is not negative
     * @param width smallest width in characters
     */
    private record Place(String sign, int width, boolean left, boolean zeros) {
        static Place of(String flags, int width) {
            boolean left = flags.indexOf('-') >= 0 || width < 0;
            String sign = flags.indexOf('+') >= 0 ? "+" : flags.indexOf(' ') >= 0 ? " " : "";
            return new Place(sign, Math.abs(width), left, flags.indexOf('0') >= 0 && !left);
        }

        Place withoutZeros() {
            return new Place(sign, width, left, false);
        }
    }

    private String cut(Object value, char type, int precision) {
        String text = type == 's' ? Text.of(value, budget) : Text.representation(value, budget);
        int length = text.codePointCount(0, text.length());
        return precision >= 0 && precision < length ? text.substring(0, text.offsetByCodePoints(0, precision)) : text;
    }

    private static String digits(BigInteger value, char type) {
        return switch (type) {
            case 'x' -> value.toString(16);
            case 'X' -> value.toString(16).toUpperCase(Locale.ROOT);
            case 'o' -> value.toString(8);
            default -> Text.whole(value);
        };
    }

    private static String real(double value, char type, int precision, boolean alternate) {
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            String name = Double.isNaN(value) ? "nan" : "inf";
            return Character.isUpperCase(type) ? name.toUpperCase(Locale.ROOT) : name;
        }
        int digits = precision < 0 ? Decimals.DEFAULT_PRECISION : precision;
        String text =
                switch (type) {
                    case 'f', 'F' -> Decimals.fixed(value, digits, alternate);
                    case 'e', 'E' -> Decimals.scientific(value, digits, alternate);
                    default -> Decimals.general(value, digits, alternate, false);
                };
        return Character.isUpperCase(type) ? text.toUpperCase(Locale.ROOT) : text;
    }

    private static BigInteger whole(Object value, char type) {
        if (value instanceof Double real && "xXo".indexOf(type) < 0) {
            return Numbers.big(Numbers.ofReal(real));
        }
        return Numbers.big(Undefined.required(value));
    }

    private static String character(Object value) {
        if (value instanceof String text && text.codePointCount(0, text.length()) == 1) {
            return text;
        }
        long code = Numbers.whole(value);
        if (code < 0 || code > Character.MAX_CODE_POINT) {
            throw new TemplateError("there is no character with the number " + code);
        }
        return Character.toString((int) code);
    }

    private String padded(String before, String text, Place place) {
        int missing = Math.max(0, place.width() - before.length() - text.codePointCount(0, text.length()));
        budget.text(before.length() + text.length() + (long) missing);
        boolean digits = !text.isEmpty() && Character.isLetterOrDigit(text.charAt(0));
        if (place.zeros() && digits) {
            return before + "0".repeat(missing) + text;
        }
        return place.left() ? before + text + " ".repeat(missing) : " ".repeat(missing) + before + text;
    }

    private int number(@Nullable String digits, int otherwise) {
        if (digits == null) {
            return otherwise;
        }
        if (digits.equals("*")) {
            return Numbers.index(value());
        }
        if (digits.length() > 9) {
            throw new TemplateError("a number in a format is too large");
        }
        return Integer.parseInt(digits);
    }

    private Object value() {
        if (values instanceof Tuple all) {
            if (next == all.size()) {
                throw new TemplateError("the format needs more values");
            }
            return all.get(next++);
        }
        if (next++ > 0) {
            throw new TemplateError("the format needs more values");
        }
        return values;
    }

    private Object named(String name) {
        if (!(values instanceof Dict dict)) {
            throw new TemplateError("the format expects a dict");
        }
        Object value = dict.get(name, budget);
        if (value == null) {
            throw new TemplateError("the format has no value for '" + name + "'");
        }
        return value;
    }
}
