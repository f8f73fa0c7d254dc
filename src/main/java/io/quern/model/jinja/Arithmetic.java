package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongBinaryOperator;

/** Python's operators. What they make is paid for. For one rendering. */
final class Arithmetic {
    private final Budget budget;

    Arithmetic(Budget budget) {
        this.budget = budget;
    }

    Object add(Object a, Object b) {
        if (a instanceof String x && b instanceof String y) {
            return concat(x, y);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            budget.elements((long) x.size() + y.size());
            List<Object> sum = new ArrayList<>(x);
            sum.addAll(y);
            return sum;
        }
        requireNumbers(a, b, "+");
        return isReal(a, b) ? (Object) (Values.real(a) + Values.real(b)) : exact(Math::addExact, a, b);
    }

    String concat(String a, String b) {
        budget.text((long) a.length() + b.length());
        return a + b;
    }

    Object subtract(Object a, Object b) {
        requireNumbers(a, b, "-");
        return isReal(a, b) ? (Object) (Values.real(a) - Values.real(b)) : exact(Math::subtractExact, a, b);
    }

    Object multiply(Object a, Object b) {
        if (a instanceof String text && b instanceof Long times) {
            int count = Math.max(0, Values.index(times));
            budget.text((long) text.length() * count);
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

    /** A list of its own, for filters that change the order. */
    List<Object> copy(Object value) {
        List<Object> elements = Values.elements(budget, value);
        budget.elements(elements.size());
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
