package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongBinaryOperator;

/** Python's operators. Results are bounded: a template may not fill the memory. For one rendering. */
final class Arithmetic {
    /** A list of that many takes some 10 MB. */
    private static final int MAX_ELEMENTS = 1_000_000;
    /** Each text is bounded, but a template could collect them: so all that is made in a rendering is bounded too. */
    private static final int TEXTS_IN_ALL = 16;

    private final int maxCharacters;
    private long charactersInAll;

    Arithmetic(int maxCharacters) {
        this.maxCharacters = maxCharacters;
    }

    Object add(Object a, Object b) {
        if (a instanceof String x && b instanceof String y) {
            return concat(x, y);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            checkElements((long) x.size() + y.size());
            List<Object> sum = new ArrayList<>(x);
            sum.addAll(y);
            return sum;
        }
        requireNumbers(a, b, "+");
        return isReal(a, b) ? (Object) (Values.real(a) + Values.real(b)) : exact(Math::addExact, a, b);
    }

    String concat(String a, String b) {
        claim((long) a.length() + b.length());
        return a + b;
    }

    Object subtract(Object a, Object b) {
        requireNumbers(a, b, "-");
        return isReal(a, b) ? (Object) (Values.real(a) - Values.real(b)) : exact(Math::subtractExact, a, b);
    }

    Object multiply(Object a, Object b) {
        if (a instanceof String text && b instanceof Long times) {
            int count = Math.max(0, Values.index(times));
            claim((long) text.length() * count);
            return text.repeat(count);
        }
        if (a instanceof Long && b instanceof String) {
            return multiply(b, a);
        }
        requireNumbers(a, b, "*");
        return isReal(a, b) ? (Object) (Values.real(a) * Values.real(b)) : exact(Math::multiplyExact, a, b);
    }

    Object divide(Object a, Object b) {
        requireNumbers(a, b, "/");
        requireNotZero(b);
        return Values.real(a) / Values.real(b);
    }

    Object floorDivide(Object a, Object b) {
        requireNumbers(a, b, "//");
        requireNotZero(b);
        return isReal(a, b) ? (Object) Math.floor(Values.real(a) / Values.real(b)) : exact(Math::floorDiv, a, b);
    }

    Object modulo(Object a, Object b) {
        requireNumbers(a, b, "%");
        requireNotZero(b);
        if (isReal(a, b)) {
            double x = Values.real(a);
            double y = Values.real(b);
            return x - Math.floor(x / y) * y;
        }
        return exact(Math::floorMod, a, b);
    }

    Object power(Object a, Object b) {
        requireNumbers(a, b, "**");
        double result = Math.pow(Values.real(a), Values.real(b));
        boolean whole = !isReal(a, b) && Values.whole(b) >= 0 && Math.abs(result) < 1L << 53;
        return whole ? (Object) (long) result : (Object) result;
    }

    Object negate(Object a) {
        return a instanceof Double d ? (Object) (-d) : exact(Math::subtractExact, 0L, a);
    }

    /** Before a text of that length is made. */
    void claim(long characters) {
        checkText(characters);
        charactersInAll += characters;
        if (charactersInAll > (long) TEXTS_IN_ALL * maxCharacters) {
            throw new TemplateError(
                    TemplateException.Fault.LIMIT,
                    "the template makes more than " + TEXTS_IN_ALL + " times " + maxCharacters + " characters");
        }
    }

    /** While a text grows. */
    void checkText(long characters) {
        if (characters > maxCharacters) {
            throw new TemplateError(
                    TemplateException.Fault.LIMIT, "the template makes more than " + maxCharacters + " characters");
        }
    }

    void checkElements(long elements) {
        if (elements > MAX_ELEMENTS) {
            throw new TemplateError(
                    TemplateException.Fault.LIMIT,
                    "the template makes a list of more than " + MAX_ELEMENTS + " elements");
        }
    }

    /** A list of its own, for filters that change the order. */
    List<Object> copy(Object value) {
        List<Object> elements = Values.elements(value);
        checkElements(elements.size());
        return new ArrayList<>(elements);
    }

    private static boolean isReal(Object a, Object b) {
        return a instanceof Double || b instanceof Double;
    }

    private static Object exact(LongBinaryOperator operator, Object a, Object b) {
        try {
            return operator.applyAsLong(Values.whole(a), Values.whole(b));
        } catch (ArithmeticException e) {
            throw new TemplateError("a whole number became too large");
        }
    }

    private static void requireNumbers(Object a, Object b, String operator) {
        if (a instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (b instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (!Values.isNumber(a) || !Values.isNumber(b)) {
            throw new TemplateError(
                    "cannot calculate " + Values.typeName(a) + " " + operator + " " + Values.typeName(b));
        }
    }

    private static void requireNotZero(Object divisor) {
        if (Values.real(divisor) == 0) {
            throw new TemplateError("division by zero");
        }
    }
}
