package io.quern.tools;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;

/**
 * Checks JSON character by character. It accepts more than JSON in one respect: strings may contain control characters,
 * because models write line breaks into them.
 */
final class JsonScanner {
    private static final int MAX_DEPTH = 200;

    /** What the next character may be. */
    enum State {
        VALUE,
        FIRST_KEY,
        KEY,
        COLON,
        FIRST_ELEMENT,
        AFTER_VALUE,
        STRING,
        ESCAPE,
        HEX,
        NUMBER,
        WORD,
        DONE
    }

    /** Places within a number. */
    private enum Digits {
        SIGN,
        ZERO,
        WHOLE,
        POINT,
        FRACTION,
        EXPONENT,
        EXPONENT_SIGN,
        EXPONENT_DIGITS
    }

    private final BitSet objects = new BitSet();
    private State state = State.VALUE;
    private Digits digits = Digits.WHOLE;
    private int depth;
    private boolean key;
    private int left;
    private String word = "";

    State state() {
        return state;
    }

    /** Returns the number of objects and arrays that are open. */
    int depth() {
        return depth;
    }

    boolean isDone() {
        return state == State.DONE;
    }

    /** Returns whether the current string is a key. */
    boolean isKey() {
        return key;
    }

    /** Takes the next character. After {@code false} the scanner must not be used. */
    boolean take(char c) {
        return switch (state) {
            case VALUE -> isSpace(c) || value(c);
            case FIRST_KEY -> isSpace(c) || c == '}' && close() || key(c);
            case KEY -> isSpace(c) || key(c);
            case COLON -> isSpace(c) || c == ':' && become(State.VALUE);
            case FIRST_ELEMENT -> isSpace(c) || c == ']' && close() || value(c);
            case AFTER_VALUE -> isSpace(c) || afterValue(c);
            case STRING -> string(c);
            case ESCAPE -> escape(c);
            case HEX -> Character.digit(c, 16) >= 0 && (--left > 0 || become(State.STRING));
            case NUMBER -> number(c);
            case WORD -> word(c);
            case DONE -> false;
        };
    }

    private boolean become(State next) {
        state = next;
        return true;
    }

    private boolean value(char c) {
        return switch (c) {
            case '{' -> open(true);
            case '[' -> open(false);
            case '"' -> {
                key = false;
                yield become(State.STRING);
            }
            case 't' -> begin("true");
            case 'f' -> begin("false");
            case 'n' -> begin("null");
            case '-' -> begin(Digits.SIGN);
            case '0' -> begin(Digits.ZERO);
            default -> isDigit(c) && begin(Digits.WHOLE);
        };
    }

    private boolean begin(String expected) {
        word = expected;
        left = expected.length() - 1;
        return become(State.WORD);
    }

    private boolean begin(Digits first) {
        digits = first;
        return depth > 0 && become(State.NUMBER); // nothing ends a number at the top level
    }

    private boolean open(boolean object) {
        objects.set(depth++, object);
        return depth <= MAX_DEPTH && become(object ? State.FIRST_KEY : State.FIRST_ELEMENT);
    }

    private boolean close() {
        depth--;
        return valueEnds();
    }

    private boolean valueEnds() {
        return become(depth == 0 ? State.DONE : State.AFTER_VALUE);
    }

    private boolean key(char c) {
        key = true;
        return c == '"' && become(State.STRING);
    }

    private boolean afterValue(char c) {
        boolean object = objects.get(depth - 1);
        return switch (c) {
            case ',' -> become(object ? State.KEY : State.VALUE);
            case '}' -> object && close();
            case ']' -> !object && close();
            default -> false;
        };
    }

    private boolean string(char c) {
        if (c == '\\') {
            return become(State.ESCAPE);
        }
        return c != '"' || (key ? become(State.COLON) : valueEnds());
    }

    private boolean escape(char c) {
        if (c == 'u') {
            left = 4;
            return become(State.HEX);
        }
        return "\"\\/bfnrt".indexOf(c) >= 0 && become(State.STRING);
    }

    private boolean word(char c) {
        if (c != word.charAt(word.length() - left)) {
            return false;
        }
        return --left > 0 || valueEnds();
    }

    private boolean number(char c) {
        Digits next = isDigit(c) ? digit(c) : sign(c);
        if (next != null) {
            digits = next;
            return true;
        }
        return mayEnd() && valueEnds() && (isSpace(c) || afterValue(c));
    }

    private @Nullable Digits sign(char c) {
        return switch (c) {
            case '.' -> digits == Digits.ZERO || digits == Digits.WHOLE ? Digits.POINT : null;
            case 'e', 'E' -> mayEnd() && digits != Digits.EXPONENT_DIGITS ? Digits.EXPONENT : null;
            case '+', '-' -> digits == Digits.EXPONENT ? Digits.EXPONENT_SIGN : null;
            default -> null;
        };
    }

    private @Nullable Digits digit(char c) {
        return switch (digits) {
            case SIGN -> c == '0' ? Digits.ZERO : Digits.WHOLE;
            case WHOLE -> Digits.WHOLE;
            case POINT, FRACTION -> Digits.FRACTION;
            case EXPONENT, EXPONENT_SIGN, EXPONENT_DIGITS -> Digits.EXPONENT_DIGITS;
            case ZERO -> null; // 01 is not a number
        };
    }

    private boolean mayEnd() {
        return switch (digits) {
            case ZERO, WHOLE, FRACTION, EXPONENT_DIGITS -> true;
            case SIGN, POINT, EXPONENT, EXPONENT_SIGN -> false;
        };
    }

    private static boolean isDigit(char c) {
        return c >= '0' && c <= '9';
    }

    static boolean isSpace(char c) {
        return c == ' ' || c == '\n' || c == '\r' || c == '\t';
    }
}
