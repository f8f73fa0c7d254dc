package io.quern.model.jinja;

import com.hubspot.jinjava.el.ext.ExtendedScanner;
import jinjava.de.odysseus.el.tree.impl.Scanner;

/** jinjava's scanner with Python's escapes in strings: jinjava refuses \\u and its like. */
final class PythonScanner extends ExtendedScanner {

    PythonScanner(String input) {
        super(input);
    }

    @Override
    protected Scanner.Token nextString() throws ScanException {
        String input = getInput();
        char quote = input.charAt(getPosition());
        StringBuilder text = new StringBuilder();
        int at = getPosition() + 1;
        while (at < input.length()) {
            char c = input.charAt(at++);
            if (c == quote) {
                return token(Symbol.STRING, text.toString(), at - getPosition());
            }
            if (c == '\\' && at < input.length()) {
                at = unescape(input, at, text);
            } else {
                text.append(c);
            }
        }
        throw new ScanException(getPosition(), "unterminated string", String.valueOf(quote));
    }

    /** @return where to go on; what Python does not know as an escape stays as it is */
    private int unescape(String input, int at, StringBuilder text) throws ScanException {
        char c = input.charAt(at);
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
                return number(input, at + 1, 2, text);
            }
            case 'u' -> {
                return number(input, at + 1, 4, text);
            }
            case 'U' -> {
                return number(input, at + 1, 8, text);
            }
            default -> {
                if (c >= '0' && c <= '7') {
                    return octal(input, at, text);
                }
                text.append('\\').append(c);
            }
        }
        return at + 1;
    }

    private int number(String input, int at, int digits, StringBuilder text) throws ScanException {
        int end = Math.min(at + digits, input.length());
        try {
            int codePoint = Integer.parseUnsignedInt(input.substring(at, end), 16);
            if (end - at == digits && Character.isValidCodePoint(codePoint)) {
                text.appendCodePoint(codePoint);
                return end;
            }
        } catch (NumberFormatException e) {
            // told below
        }
        throw new ScanException(at, "an escape of a character", digits + " hexadecimal digits");
    }

    private static int octal(String input, int at, StringBuilder text) {
        int end = at;
        int value = 0;
        while (end < input.length() && end < at + 3 && input.charAt(end) >= '0' && input.charAt(end) <= '7') {
            value = value * 8 + input.charAt(end++) - '0';
        }
        text.append((char) value);
        return end;
    }
}
