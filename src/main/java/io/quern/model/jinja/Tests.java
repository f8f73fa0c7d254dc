package io.quern.model.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** jinja2's tests. */
final class Tests {
    static final Map<String, Test> BY_NAME = Map.ofEntries(
            Map.entry("defined", (b, v, a) -> !(v instanceof Undefined)),
            Map.entry("undefined", (b, v, a) -> v instanceof Undefined),
            Map.entry("none", (b, v, a) -> v == None.NONE),
            Map.entry("string", (b, v, a) -> v instanceof String),
            Map.entry("mapping", (b, v, a) -> v instanceof Map),
            Map.entry("sequence", (b, v, a) -> isIterable(v)),
            Map.entry("iterable", (b, v, a) -> isIterable(v) || v instanceof Undefined),
            // in Python a bool is a number
            Map.entry("number", (b, v, a) -> Values.isNumber(v)),
            Map.entry("integer", (b, v, a) -> v instanceof Long),
            Map.entry("float", (b, v, a) -> v instanceof Double),
            Map.entry("boolean", (b, v, a) -> v instanceof Boolean),
            Map.entry("true", (b, v, a) -> Boolean.TRUE.equals(v)),
            Map.entry("false", (b, v, a) -> Boolean.FALSE.equals(v)),
            Map.entry("callable", (b, v, a) -> v instanceof Callable),
            Map.entry("odd", (b, v, a) -> Math.floorMod(Values.whole(v), 2) == 1),
            Map.entry("even", (b, v, a) -> Math.floorMod(Values.whole(v), 2) == 0),
            Map.entry("divisibleby", (b, v, a) -> divisible(v, a)),
            Map.entry("lower", (b, v, a) -> isCase(b, v, Case.LOWER)),
            Map.entry("upper", (b, v, a) -> isCase(b, v, Case.UPPER)),
            Map.entry("in", (b, v, a) -> Values.contains(b, a.required(0, "seq"), v)),
            Map.entry("sameas", (b, v, a) -> same(b, v, a.required(0, "other"))),
            Map.entry("equalto", Tests::equal),
            Map.entry("eq", Tests::equal),
            Map.entry("==", Tests::equal),
            Map.entry("ne", (b, v, a) -> !equal(b, v, a)),
            Map.entry("!=", (b, v, a) -> !equal(b, v, a)),
            Map.entry("lt", (b, v, a) -> compared(b, v, a) < 0),
            Map.entry("<", (b, v, a) -> compared(b, v, a) < 0),
            Map.entry("le", (b, v, a) -> compared(b, v, a) <= 0),
            Map.entry("<=", (b, v, a) -> compared(b, v, a) <= 0),
            Map.entry("gt", (b, v, a) -> compared(b, v, a) > 0),
            Map.entry(">", (b, v, a) -> compared(b, v, a) > 0),
            Map.entry("ge", (b, v, a) -> compared(b, v, a) >= 0),
            Map.entry(">=", (b, v, a) -> compared(b, v, a) >= 0));

    private Tests() {}

    /** One that is not there fails only when it is used, as in jinja2: many templates have parts no chat comes to. */
    static Test named(String name) {
        Test known = BY_NAME.get(name);
        return known != null
                ? known
                : (budget, value, arguments) -> {
                    throw new TemplateError("the test '" + name + "' is not supported");
                };
    }

    private enum Case {
        LOWER,
        UPPER
    }

    private static boolean isCase(Budget budget, Object value, Case wanted) {
        String text = Text.of(budget, value);
        budget.text(text.length());
        return text.equals(wanted == Case.LOWER ? text.toLowerCase(Locale.ROOT) : text.toUpperCase(Locale.ROOT));
    }

    /** One and the same, or equal where values have no identity: lists would be gone through. */
    private static boolean same(Budget budget, Object value, Object other) {
        return value == other
                || !(value instanceof List)
                        && !(value instanceof Map)
                        && value.getClass() == other.getClass()
                        && Values.equal(budget, value, other);
    }

    private static boolean isIterable(Object value) {
        return value instanceof String || value instanceof List || value instanceof Map;
    }

    private static boolean equal(Budget budget, Object value, Arguments arguments) {
        return Values.equal(budget, value, arguments.required(0, "other"));
    }

    private static int compared(Budget budget, Object value, Arguments arguments) {
        return Values.compare(budget, value, arguments.required(0, "other"));
    }

    private static boolean divisible(Object value, Arguments arguments) {
        long by = Values.whole(arguments.required(0, "num"));
        if (by == 0) {
            throw new TemplateError("division by zero");
        }
        return Values.whole(value) % by == 0;
    }
}
