package io.quern.jinja;

import java.math.BigInteger;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The format of a field in Python's {@code str.format}:
 * {@code [[fill]align][sign][#][0][width][grouping][.precision][type]}.
 */
record FormatSpec(
        int fill, char align, char sign, boolean alternate, int width, char grouping, int precision, char type) {
    private static final Pattern SYNTAX = Pattern.compile(
            "(?:(.)?([<>=^]))?([-+ ])?(z)?(#)?(0)?(\\d+)?([,_])?(?:\\.(\\d+))?([a-zA-Z%])?", Pattern.DOTALL);
    private static final int GROUP = 3;
    private static final int GROUP_OF_BITS = 4;

    static FormatSpec parse(String text) {
        Matcher parts = SYNTAX.matcher(text);
        if (!parts.matches()) {
            throw new TemplateError("'" + text + "' is not a valid format");
        }
        if (parts.group(4) != null) {
            throw TemplateError.unsupported("the option z of a format");
        }
        boolean zeros = parts.group(6) != null;
        int fill = parts.group(1) != null ? parts.group(1).codePointAt(0) : zeros ? '0' : ' ';
        char align = parts.group(2) != null ? parts.group(2).charAt(0) : zeros ? '=' : 0;
        return new FormatSpec(
                fill,
                align,
                first(parts.group(3), '-'),
                parts.group(5) != null,
                number(parts.group(7), 0),
                first(parts.group(8), (char) 0),
                number(parts.group(9), -1),
                first(parts.group(10), (char) 0));
    }

    private static char first(@Nullable String group, char otherwise) {
        return group == null ? otherwise : group.charAt(0);
    }

    private static int number(@Nullable String digits, int otherwise) {
        if (digits == null) {
            return otherwise;
        }
        if (digits.length() > 9) {
            throw new TemplateError("a number in a format is too large");
        }
        return Integer.parseInt(digits);
    }

    String apply(Object value, Budget budget) {
        if (Values.isText(value) || value instanceof Undefined) {
            return text(Text.of(value, budget), budget);
        }
        if (Numbers.isNumber(value)) {
            return number(value, budget);
        }
        throw new TemplateError("a format cannot be applied to " + Values.typeName(value));
    }

    private String text(String text, Budget budget) {
        if (type != 0 && type != 's' || sign != '-' || align == '=' && fill != '0' || alternate || grouping != 0) {
            throw new TemplateError("the format is not valid for a string");
        }
        String cut = precision >= 0 && precision < text.codePointCount(0, text.length())
                ? text.substring(0, text.offsetByCodePoints(0, precision))
                : text;
        return padded("", cut, align == 0 || align == '=' ? '<' : align, budget);
    }

    private String number(Object value, Budget budget) {
        if (type == 's') {
            throw new TemplateError("the format is not valid for a number");
        }
        boolean asReal = value instanceof Double ? "\0eEfFgGn%".indexOf(type) >= 0 : "eEfFgG%".indexOf(type) >= 0;
        if (!asReal && (value instanceof Double || "\0bcdoxXn".indexOf(type) < 0)) {
            throw new TemplateError("'" + type + "' is not a valid format for " + Values.typeName(value));
        }
        String digits;
        boolean negative;
        String prefix = "";
        if (asReal) {
            double real = Numbers.real(value);
            negative = real < 0 || 1 / real < 0;
            digits = real(Math.abs(real));
        } else {
            if (precision >= 0) {
                throw new TemplateError("the format of an integer must not have a precision");
            }
            BigInteger whole = Numbers.big(value);
            negative = whole.signum() < 0;
            digits = whole(type == 'c' ? positive(whole) : whole.abs());
            prefix = alternate && "boxX".indexOf(type) >= 0 ? "0" + type : "";
        }
        String signed = negative ? "-" : sign == '+' ? "+" : sign == ' ' ? " " : "";
        return padded(signed + prefix, grouped(digits, (signed + prefix).length()), align == 0 ? '>' : align, budget);
    }

    private String whole(BigInteger value) {
        return switch (type) {
            case 'b' -> value.toString(2);
            case 'o' -> value.toString(8);
            case 'x' -> value.toString(16);
            case 'X' -> value.toString(16).toUpperCase(Locale.ROOT);
            case 'c' -> character(value);
            default -> Text.whole(value);
        };
    }

    private static BigInteger positive(BigInteger value) {
        if (value.signum() < 0) {
            throw new TemplateError("there is no character with the number " + value);
        }
        return value;
    }

    private static String character(BigInteger value) {
        if (value.bitLength() > 21 || value.intValue() > Character.MAX_CODE_POINT) {
            throw new TemplateError("there is no character with the number " + value);
        }
        return Character.toString(value.intValue());
    }

    private String real(double value) {
        boolean upper = Character.isUpperCase(type);
        if (Double.isNaN(value) || Double.isInfinite(value)) {
            String name = Double.isNaN(value) ? "nan" : "inf";
            return (upper ? name.toUpperCase(Locale.ROOT) : name) + (type == '%' ? "%" : "");
        }
        int digits = precision < 0 ? Decimals.DEFAULT_PRECISION : precision;
        String text =
                switch (type) {
                    case 'f', 'F' -> Decimals.fixed(value, digits, alternate);
                    case 'e', 'E' -> Decimals.scientific(value, digits, alternate);
                    case 'g', 'G', 'n' -> Decimals.general(value, digits, alternate, false);
                    case '%' -> Decimals.fixed(value * 100, digits, alternate) + "%";
                    default -> precision < 0 ? Text.real(value) : Decimals.general(value, digits, alternate, true);
                };
        return upper ? text.toUpperCase(Locale.ROOT) : text;
    }

    /** Inserts commas or underscores between groups of digits, and zeros before them if the format pads with zeros. */
    private String grouped(String digits, int before) {
        if (grouping == 0 || !Character.isLetterOrDigit(digits.charAt(0))) {
            return digits;
        }
        int end = 0;
        while (end < digits.length() && Character.digit(digits.charAt(end), 16) >= 0 && digits.charAt(end) != 'e') {
            end++;
        }
        int size = "boxX".indexOf(type) >= 0 ? GROUP_OF_BITS : GROUP;
        String rest = digits.substring(end);
        StringBuilder whole = new StringBuilder(digits.substring(0, end));
        if (align == '=' && fill == '0') {
            int room = width - before - rest.length();
            while (whole.length() + (whole.length() - 1) / size < room) {
                whole.insert(0, '0');
            }
        }
        for (int i = whole.length() - size; i > 0; i -= size) {
            whole.insert(i, grouping);
        }
        return whole + rest;
    }

    private String padded(String before, String text, char where, Budget budget) {
        String all = before + text;
        int missing = Math.max(0, width - all.codePointCount(0, all.length()));
        budget.text(all.length() + (long) missing * Character.charCount(fill));
        String filled = Character.toString(fill).repeat(missing);
        return switch (where) {
            case '<' -> all + filled;
            case '=' -> before + filled + text;
            case '^' -> {
                String left = Character.toString(fill).repeat(missing / 2);
                yield left + all + Character.toString(fill).repeat(missing - missing / 2);
            }
            default -> filled + all;
        };
    }
}
