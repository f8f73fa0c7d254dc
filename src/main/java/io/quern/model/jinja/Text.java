package io.quern.model.jinja;

import java.math.BigDecimal;
import java.util.List;
import java.util.Map;

/** Values written as text the way Python's str and repr do. */
final class Text {
    /** Beyond these exponents Python writes a float in scientific notation. */
    private static final int MIN_PLAIN_EXPONENT = -4;

    private static final int MAX_PLAIN_EXPONENT = 16;

    private Text() {}

    static String of(Budget budget, Object value) {
        return value instanceof String s ? s : representation(budget, value);
    }

    static String representation(Budget budget, Object value) {
        StringBuilder out = new StringBuilder();
        represent(budget, value, out);
        budget.text(out.length());
        return out.toString();
    }

    private static void represent(Budget budget, Object value, StringBuilder out) {
        budget.step();
        switch (value) {
            case String s -> quote(budget, s, out);
            case Boolean b -> out.append(b ? "True" : "False");
            case Double d -> out.append(real(d));
            case List<?> list -> {
                String before = "";
                out.append('[');
                for (Object element : list) {
                    out.append(before);
                    represent(budget, element, out);
                    before = ", ";
                }
                out.append(']');
            }
            case Map<?, ?> map -> {
                out.append('{');
                String before = "";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    out.append(before);
                    represent(budget, entry.getKey(), out);
                    out.append(": ");
                    represent(budget, entry.getValue(), out);
                    before = ", ";
                }
                out.append('}');
            }
            default -> out.append(value);
        }
        budget.growing(out.length());
    }

    static String real(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value > 0 ? "0.0" : "-0.0";
        }
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        int exponent = decimal.precision() - decimal.scale() - 1;
        if (exponent >= MIN_PLAIN_EXPONENT && exponent < MAX_PLAIN_EXPONENT) {
            String plain = decimal.toPlainString();
            return plain.contains(".") ? plain : plain + ".0";
        }
        String digits = decimal.unscaledValue().abs().toString();
        return (value < 0 ? "-" : "")
                + digits.charAt(0)
                + (digits.length() > 1 ? "." + digits.substring(1) : "")
                + (exponent < 0 ? "e-" : "e+")
                + (Math.abs(exponent) < 10 ? "0" : "")
                + Math.abs(exponent);
    }

    private static void quote(Budget budget, String text, StringBuilder out) {
        budget.characters(2L * text.length());
        char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
        out.append(quote);
        for (int at = 0, c; at < text.length(); at += Character.charCount(c)) {
            c = text.codePointAt(at);
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').appendCodePoint(c);
                    } else if (!isPrintable(c)) {
                        budget.step();
                        out.append(c < 0x100 ? "\\x" : c < 0x10000 ? "\\u" : "\\U");
                        appendHex(out, c, c < 0x100 ? 2 : c < 0x10000 ? 4 : 8);
                    } else {
                        out.appendCodePoint(c);
                    }
                }
            }
            budget.growing(out.length());
        }
        out.append(quote);
    }

    /** Faster than a format, as a text may be full of these. */
    static void appendHex(StringBuilder out, int value, int digits) {
        for (int shift = 4 * (digits - 1); shift >= 0; shift -= 4) {
            out.append(Character.forDigit(value >> shift & 0xf, 16));
        }
    }

    private static boolean isPrintable(int c) {
        return c == ' '
                || switch (Character.getType(c)) {
                    case Character.CONTROL,
                            Character.FORMAT,
                            Character.SURROGATE,
                            Character.PRIVATE_USE,
                            Character.UNASSIGNED,
                            Character.LINE_SEPARATOR,
                            Character.PARAGRAPH_SEPARATOR,
                            Character.SPACE_SEPARATOR -> false;
                    default -> true;
                };
    }

    /** What Python's strip takes for whitespace; Java's notions each differ from it. */
    static boolean isSpace(int c) {
        return c >= 9 && c <= 13
                || c >= 28 && c <= 32
                || c == 0x85
                || c == 0xa0
                || c == 0x1680
                || c >= 0x2000 && c <= 0x200a
                || c == 0x2028
                || c == 0x2029
                || c == 0x202f
                || c == 0x205f
                || c == 0x3000;
    }

    /** Both ends. */
    static String strip(Budget budget, String text) {
        budget.text(text.length());
        return stripEnd(stripStart(text));
    }

    static String stripStart(String text) {
        int start = 0;
        while (start < text.length() && isSpace(text.charAt(start))) {
            start++;
        }
        return text.substring(start);
    }

    static String stripEnd(String text) {
        int end = text.length();
        while (end > 0 && isSpace(text.charAt(end - 1))) {
            end--;
        }
        return text.substring(0, end);
    }
}
