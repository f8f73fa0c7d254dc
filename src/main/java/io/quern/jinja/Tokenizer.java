package io.quern.jinja;

import java.math.BigInteger;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Splits one expression, or the inside of one tag, into tokens by jinja2's rules. */
final class Tokenizer {
    private static final Pattern SPACE = Pattern.compile("\\s+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern REAL =
            Pattern.compile("(?:\\d+_)*\\d+(?:(?:\\.(?:\\d+_)*\\d+)?[eE][+-]?(?:\\d+_)*\\d+|\\.(?:\\d+_)*\\d+)");
    private static final Pattern WHOLE =
            Pattern.compile("0[bB](?:_?[01])+|0[oO](?:_?[0-7])+|0[xX](?:_?[0-9a-fA-F])+|[1-9](?:_?\\d)*|0(?:_?0)*");
    private static final Pattern NAME = Pattern.compile("[\\w\\d]+", Pattern.UNICODE_CHARACTER_CLASS);
    private static final Pattern SIGN = Pattern.compile("//|\\*\\*|==|!=|>=|<=|[-+/*%~\\[\\](){}<>=.:|,;]");

    private final String source;
    private final int line;
    private final List<Token> tokens = new ArrayList<>();
    private int at;

    private Tokenizer(String source, int line) {
        this.source = source;
        this.line = line;
    }

    /** @param line the line for error messages */
    static List<Token> cut(String source, int line) {
        Tokenizer tokenizer = new Tokenizer(source, line);
        while (tokenizer.at < source.length()) {
            tokenizer.next();
        }
        tokenizer.tokens.add(new Token(Token.Kind.END, "", null));
        return tokenizer.tokens;
    }

    private void next() {
        if (taken(SPACE) != null) {
            return;
        }
        char c = source.charAt(at);
        if (c == '\'' || c == '"') {
            string(c);
            return;
        }
        // digits after a point are an index
        boolean place = at > 0 && source.charAt(at - 1) == '.';
        String text = place ? null : taken(REAL);
        if (text != null) {
            tokens.add(new Token(Token.Kind.NUMBER, text, Double.parseDouble(text.replace("_", ""))));
            return;
        }
        text = taken(WHOLE);
        if (text != null) {
            tokens.add(new Token(Token.Kind.NUMBER, text, whole(text.replace("_", ""))));
            return;
        }
        text = taken(NAME);
        if (text != null) {
            if (!isName(text)) {
                throw error("'" + text + "' is not a name");
            }
            tokens.add(new Token(Token.Kind.NAME, text, null));
            return;
        }
        text = taken(SIGN);
        if (text == null) {
            throw error("the character '" + Character.toString(source.codePointAt(at)) + "' has no meaning here");
        }
        tokens.add(new Token(Token.Kind.SIGN, text, null));
    }

    private @Nullable String taken(Pattern pattern) {
        Matcher matcher = pattern.matcher(source);
        if (matcher.region(at, source.length()).lookingAt()) {
            at = matcher.end();
            return matcher.group();
        }
        return null;
    }

    private static boolean isName(String text) {
        return Character.isUnicodeIdentifierStart(text.codePointAt(0)) || text.charAt(0) == '_';
    }

    private Object whole(String text) {
        int radix = text.length() < 2
                ? 10
                : switch (Character.toLowerCase(text.charAt(1))) {
                    case 'b' -> 2;
                    case 'o' -> 8;
                    case 'x' -> 16;
                    default -> 10;
                };
        String digits = radix == 10 ? text : text.substring(2);
        if (digits.length() > Numbers.MAX_DIGITS) {
            throw error("a number has more than " + Numbers.MAX_DIGITS + " digits");
        }
        return Numbers.of(new BigInteger(digits, radix));
    }

    private void string(char quote) {
        StringBuilder text = new StringBuilder();
        int i = at + 1;
        while (i < source.length()) {
            char c = source.charAt(i++);
            if (c == quote) {
                at = i;
                tokens.add(new Token(Token.Kind.STRING, text.toString(), null));
                return;
            }
            if (c == '\\' && i < source.length()) {
                i = escape(i, text);
            } else {
                text.append(c);
            }
        }
        throw error("the string that begins there does not end");
    }

    /** @return the index at which to continue; an escape that Python does not know stays as it is */
    private int escape(int i, StringBuilder text) {
        char c = source.charAt(i);
        switch (c) {
            case '\n' -> {}
            case '\\', '\'', '"' -> text.append(c);
            case 'a' -> text.append('\u0007');
            case 'b' -> text.append('\b');
            case 'f' -> text.append('\f');
            case 'n' -> text.append('\n');
            case 'r' -> text.append('\r');
            case 't' -> text.append('\t');
            case 'v' -> text.append('\u000b');
            case 'x' -> {
                return character(i + 1, 2, text);
            }
            case 'u' -> {
                return character(i + 1, 4, text);
            }
            case 'U' -> {
                return character(i + 1, 8, text);
            }
            case 'N' -> throw error("characters by name (\\N{...}) are not supported");
            default -> {
                if (c >= '0' && c <= '7') {
                    return octal(i, text);
                }
                text.append('\\').append(c);
            }
        }
        return i + 1;
    }

    private int character(int from, int digits, StringBuilder text) {
        int end = Math.min(from + digits, source.length());
        try {
            int codePoint = Integer.parseUnsignedInt(source.substring(from, end), 16);
            if (end - from == digits && Character.isValidCodePoint(codePoint)) {
                text.appendCodePoint(codePoint);
                return end;
            }
        } catch (NumberFormatException e) {
            // reported below
        }
        throw error("the escape needs " + digits + " hexadecimal digits");
    }

    private int octal(int from, StringBuilder text) {
        int end = from;
        int value = 0;
        while (end < source.length() && end < from + 3 && source.charAt(end) >= '0' && source.charAt(end) <= '7') {
            value = value * 8 + source.charAt(end++) - '0';
        }
        text.append((char) value);
        return end;
    }

    private TemplateException error(String problem) {
        return new TemplateException(
                TemplateException.Fault.TEMPLATE, line, "'" + source.strip() + "' is not valid: " + problem);
    }
}
