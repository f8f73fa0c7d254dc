package io.quern.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.HexFormat;
import java.util.Iterator;
import java.util.List;

/** Writes values as text as Python's str and repr do. */
final class Text {
    /** Python writes floats with exponents beyond these limits in scientific notation. */
    private static final int MIN_PLAIN_EXPONENT = -4;

    private static final int MAX_PLAIN_EXPONENT = 16;

    private Text() {}

    static String of(Object value, Budget budget) {
        return switch (value) {
            case String s -> s;
            case Markup markup -> markup.text();
            case Undefined undefined -> "";
            default -> representation(value, budget);
        };
    }

    /** Returns the same text, and pays for scanning it and creating another one of that length. */
    static String claimed(Object value, Budget budget) {
        String text = of(value, budget);
        budget.text(text.length());
        budget.steps(text.length());
        return text;
    }

    static String representation(Object value, Budget budget) {
        return switch (value) {
            case Boolean b -> b ? "True" : "False";
            case Long n -> Long.toString(n);
            case BigInteger n -> whole(n);
            case Double d -> real(d);
            case None none -> "None";
            case Undefined undefined -> "Undefined";
            default -> {
                StringBuilder out = new StringBuilder();
                append(value, out, budget);
                budget.text(out.length());
                yield out.toString();
            }
        };
    }

    private static void append(Object value, StringBuilder out, Budget budget) {
        budget.step();
        switch (value) {
            case String s -> quoted(s, out, budget);
            case Markup markup -> {
                out.append("Markup(");
                quoted(markup.text(), out, budget);
                out.append(')');
            }
            case Range range -> out.append(range.text());
            case Tuple tuple -> {
                elements(tuple, "(", tuple.size() == 1 ? ",)" : ")", out, budget);
            }
            case List<?> list -> elements(list, "[", "]", out, budget);
            case Dict dict -> dict(dict, out, budget);
            case View view -> {
                elements(view.elements(), view.typeName() + "([", "])", out, budget);
            }
            case Namespace namespace -> {
                out.append("<Namespace ");
                append(namespace.toDict(), out, budget);
                out.append('>');
            }
            case LoopContext loop ->
                out.append("<LoopContext %s/%s>".formatted(loop.attribute("index"), loop.attribute("length")));
            case Callable callable -> throw TemplateError.unsupported("writing " + Values.typeName(value));
            case Generator generator -> throw TemplateError.unsupported("writing " + generator.what());
            case Attributes attributes -> throw TemplateError.unsupported("writing " + Values.typeName(value));
            default -> out.append(representation(value, budget));
        }
        budget.growing(out.length());
    }

    private static void elements(List<?> list, String open, String close, StringBuilder out, Budget budget) {
        out.append(open);
        for (Iterator<?> elements = list.iterator(); elements.hasNext(); ) {
            append(elements.next(), out, budget);
            out.append(elements.hasNext() ? ", " : "");
        }
        out.append(close);
    }

    private static void dict(Dict dict, StringBuilder out, Budget budget) {
        out.append('{');
        int[] left = {dict.size()};
        dict.forEach((key, value) -> {
            append(key, out, budget);
            out.append(": ");
            append(value, out, budget);
            out.append(--left[0] > 0 ? ", " : "");
        });
        out.append('}');
    }

    static String whole(BigInteger value) {
        // slightly generous, because Java has no cheap way to count decimal digits
        if (value.bitLength() > Numbers.MAX_DIGITS * 3.3219281) {
            throw new TemplateError("an integer has more than " + Numbers.MAX_DIGITS + " digits");
        }
        return value.toString();
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
        BigDecimal decimal = shortest(value);
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

    /** Returns the shortest decimal, because Java writes two digits even if one is enough. */
    private static BigDecimal shortest(double value) {
        BigDecimal decimal = new BigDecimal(Double.toString(value)).stripTrailingZeros();
        BigDecimal oneDigit = decimal.precision() == 2 ? new BigDecimal(value).round(new MathContext(1)) : decimal;
        return oneDigit.doubleValue() == value ? oneDigit : decimal;
    }

    private static void quoted(String text, StringBuilder out, Budget budget) {
        budget.steps(text.length());
        char quote = text.contains("'") && !text.contains("\"") ? '"' : '\'';
        out.append(quote);
        text.codePoints().forEach(c -> {
            switch (c) {
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\\' -> out.append("\\\\");
                default -> {
                    if (c == quote) {
                        out.append('\\').appendCodePoint(c);
                    } else if (isPrintable(c)) {
                        out.appendCodePoint(c);
                    } else {
                        hexadecimal(c, out);
                    }
                }
            }
        });
        out.append(quote);
    }

    private static void hexadecimal(int c, StringBuilder out) {
        if (c < 0x100) {
            out.append("\\x").append(HexFormat.of().toHexDigits((byte) c));
        } else if (c < 0x10000) {
            out.append("\\u").append(HexFormat.of().toHexDigits((char) c));
        } else {
            out.append("\\U").append(HexFormat.of().toHexDigits(c));
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

    /** Returns whether Python's strip treats the character as white space. None of Java's definitions is the same. */
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
