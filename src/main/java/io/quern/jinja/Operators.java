package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's operators on values. */
final class Operators {
    private Operators() {}

    static Object add(Object a, Object b, Budget budget) {
        if (a instanceof String x && b instanceof String y) {
            return concat(x, y, budget);
        }
        if (Values.isText(a) && Values.isText(b)) {
            return new Markup(concat(
                    Markup.escape(a, budget).text(), Markup.escape(b, budget).text(), budget));
        }
        if (a instanceof List<?> x && b instanceof List<?> y && addable(x, y)) {
            budget.elements((long) x.size() + y.size());
            List<Object> sum = new ArrayList<>(x);
            sum.addAll(y);
            return a instanceof Tuple ? new Tuple(sum) : sum;
        }
        requireNumbers(a, b, "+");
        return Numbers.add(a, b, budget);
    }

    private static boolean addable(List<?> x, List<?> y) {
        return x instanceof Tuple == y instanceof Tuple && !(x instanceof Range) && !(y instanceof Range);
    }

    private static String concat(String x, String y, Budget budget) {
        budget.text((long) x.length() + y.length());
        return x + y;
    }

    /** Implements the operator {@code ~}. It escapes nothing, and its result is a plain text. */
    static String join(List<Object> values, Budget budget) {
        StringBuilder out = new StringBuilder();
        for (Object value : values) {
            String text = Text.of(value, budget);
            budget.text(out.length() + (long) text.length());
            out.append(text);
        }
        return out.toString();
    }

    static Object subtract(Object a, Object b, Budget budget) {
        if (a instanceof View && (b instanceof View || b instanceof List<?>)) {
            throw TemplateError.unsupported("a difference of sets");
        }
        requireNumbers(a, b, "-");
        return Numbers.subtract(a, b, budget);
    }

    static Object multiply(Object a, Object b, Budget budget) {
        if (Numbers.isWhole(b) && repeatable(a)) {
            return repeat(a, Math.max(0, Numbers.whole(b)), budget);
        }
        if (Numbers.isWhole(a) && repeatable(b)) {
            return repeat(b, Math.max(0, Numbers.whole(a)), budget);
        }
        requireNumbers(a, b, "*");
        return Numbers.multiply(a, b, budget);
    }

    private static boolean repeatable(Object value) {
        return Values.isText(value) || value instanceof List<?> && !(value instanceof Range);
    }

    private static Object repeat(Object value, long times, Budget budget) {
        int count = (int) Math.min(times, Integer.MAX_VALUE);
        if (value instanceof List<?> list) {
            if (!list.isEmpty() && count > Integer.MAX_VALUE / list.size()) {
                throw new TemplateError("the list would have too many elements");
            }
            budget.elements((long) list.size() * count);
            List<Object> all = new ArrayList<>(list.size() * count);
            for (int i = 0; i < count; i++) {
                all.addAll(list);
            }
            return value instanceof Tuple ? new Tuple(all) : all;
        }
        String text = Values.text(value);
        budget.text((long) text.length() * count);
        return value instanceof Markup ? new Markup(text.repeat(count)) : text.repeat(count);
    }

    static Object divide(Object a, Object b) {
        requireNumbers(a, b, "/");
        return Numbers.divide(a, b);
    }

    static Object floorDivide(Object a, Object b) {
        requireNumbers(a, b, "//");
        return Numbers.floorDivide(a, b);
    }

    static Object modulo(Object a, Object b, Budget budget) {
        if (a instanceof Markup) {
            throw TemplateError.unsupported("the operator % of a safe text");
        }
        if (a instanceof String format) {
            return Percent.apply(format, b, budget);
        }
        requireNumbers(a, b, "%");
        return Numbers.modulo(a, b);
    }

    static Object power(Object a, Object b, Budget budget) {
        requireNumbers(a, b, "**");
        return Numbers.power(a, b, budget);
    }

    static Object negate(Object a) {
        requireNumbers(a, 0L, "-");
        return Numbers.negate(a);
    }

    static Object plus(Object a) {
        requireNumbers(a, 0L, "+");
        return a instanceof Boolean b ? (b ? 1L : 0L) : a;
    }

    private static void requireNumbers(Object a, Object b, String operator) {
        Undefined.required(a);
        Undefined.required(b);
        if (!Numbers.isNumber(a) || !Numbers.isNumber(b)) {
            throw new TemplateError(
                    "cannot evaluate " + Values.typeName(a) + " " + operator + " " + Values.typeName(b));
        }
    }
}
