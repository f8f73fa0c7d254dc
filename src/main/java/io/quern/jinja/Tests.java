package io.quern.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** jinja2's tests, which follow {@code is}. */
final class Tests {
    static final Map<String, Filter> BY_NAME = new HashMap<>();

    static {
        with("defined:", (v, a, b) -> !(v instanceof Undefined));
        with("undefined:", (v, a, b) -> v instanceof Undefined);
        with("none:", (v, a, b) -> v == None.NONE);
        with("boolean:", (v, a, b) -> v instanceof Boolean);
        with("true:", (v, a, b) -> v.equals(true));
        with("false:", (v, a, b) -> v.equals(false));
        with("integer:", (v, a, b) -> Numbers.isWhole(v) && !(v instanceof Boolean));
        with("float:", (v, a, b) -> v instanceof Double);
        with("number:", (v, a, b) -> Numbers.isNumber(v));
        with("string:", (v, a, b) -> Values.isText(v));
        with("mapping:", (v, a, b) -> v instanceof Dict);
        with(
                "sequence:",
                (v, a, b) -> Values.isText(v) || v instanceof List<?> || v instanceof Dict || v instanceof Undefined);
        with("iterable:", (v, a, b) -> Values.isIterable(v));
        with("callable:", (v, a, b) -> v instanceof Callable || v instanceof Undefined);
        with("escaped:", (v, a, b) -> v instanceof Markup);
        with("odd:", (v, a, b) -> Numbers.equal(remainder(v, 2L), 1L));
        with("even:", (v, a, b) -> Numbers.equal(remainder(v, 2L), 0L));
        with("divisibleby: num", (v, a, b) -> Numbers.equal(remainder(v, a[0]), 0L));
        with("lower:", (v, a, b) -> Casing.isLower(lookedAt(v, b)));
        with("upper:", (v, a, b) -> Casing.isUpper(lookedAt(v, b)));
        with("sameas: other", (v, a, b) -> same(v, a[0]));
        with("filter:", (v, a, b) -> Filters.of(name(v)) != null);
        with("test:", (v, a, b) -> of(name(v)) != null);
        comparison(Comparison.EQUAL, "==", "eq", "equalto");
        comparison(Comparison.NOT_EQUAL, "!=", "ne");
        comparison(Comparison.GREATER, ">", "gt", "greaterthan");
        comparison(Comparison.GREATER_OR_EQUAL, ">=", "ge");
        comparison(Comparison.LESS, "<", "lt", "lessthan");
        comparison(Comparison.LESS_OR_EQUAL, "<=", "le");
        with("in: seq", (v, a, b) -> Values.contains(a[0], v, b));
    }

    private Tests() {}

    private static void with(String signature, Filter.Plain test) {
        Signature parsed = Signature.parse(signature);
        BY_NAME.put(parsed.function(), Filter.of(parsed, test));
    }

    private static void comparison(Comparison comparison, String... names) {
        for (String name : names) {
            with(name + ": _", (v, a, b) -> comparison.holds(v, a[0], b));
        }
    }

    /** Returns null if there is no test of that name. */
    static @Nullable Filter of(String name) {
        return BY_NAME.get(name);
    }

    private static Object remainder(Object value, Object by) {
        if (value instanceof String) {
            throw new TemplateError("expected a number, got str");
        }
        Undefined.required(value);
        if (!Numbers.isNumber(value) || !Numbers.isNumber(Undefined.required(by))) {
            throw new TemplateError("expected a number, got " + Values.typeName(value));
        }
        return Numbers.modulo(value, by);
    }

    /** Returns the text of a value, and pays for scanning it. */
    private static String lookedAt(Object value, Budget budget) {
        String text = Text.of(value, budget);
        budget.steps(text.length());
        return text;
    }

    /** Compares identity; for immutable values, equality of values of the same kind. */
    private static boolean same(Object a, Object b) {
        boolean atom = a instanceof String || Numbers.isNumber(a);
        return a == b || a instanceof Undefined && b instanceof Undefined || atom && a.equals(b);
    }

    private static String name(Object value) {
        if (value instanceof Dict
                || value instanceof View view && view.kind() != View.Kind.VALUES
                || value instanceof List<?> list && !(list instanceof Tuple) && !(list instanceof Range)) {
            throw new TemplateError("a " + Values.typeName(value) + " is not a name");
        }
        return value instanceof String name ? name : "";
    }
}
