package io.quern.model.jinja;

import java.util.List;
import java.util.Locale;
import java.util.Map;

/** jinja2's tests. */
final class Tests {
    private static final Map<String, Test> BY_NAME = Map.ofEntries(
            Map.entry("defined", (v, a) -> !(v instanceof Undefined)),
            Map.entry("undefined", (v, a) -> v instanceof Undefined),
            Map.entry("none", (v, a) -> v == None.NONE),
            Map.entry("string", (v, a) -> v instanceof String),
            Map.entry("mapping", (v, a) -> v instanceof Map),
            Map.entry("sequence", (v, a) -> isIterable(v)),
            Map.entry("iterable", (v, a) -> isIterable(v) || v instanceof Undefined),
            // in Python a bool is a number
            Map.entry("number", (v, a) -> Values.isNumber(v)),
            Map.entry("integer", (v, a) -> v instanceof Long),
            Map.entry("float", (v, a) -> v instanceof Double),
            Map.entry("boolean", (v, a) -> v instanceof Boolean),
            Map.entry("true", (v, a) -> Boolean.TRUE.equals(v)),
            Map.entry("false", (v, a) -> Boolean.FALSE.equals(v)),
            Map.entry("callable", (v, a) -> v instanceof Callable),
            Map.entry("odd", (v, a) -> Math.floorMod(Values.whole(v), 2) == 1),
            Map.entry("even", (v, a) -> Math.floorMod(Values.whole(v), 2) == 0),
            Map.entry("divisibleby", (v, a) -> divisible(v, a)),
            Map.entry("lower", (v, a) -> Text.of(v).equals(Text.of(v).toLowerCase(Locale.ROOT))),
            Map.entry("upper", (v, a) -> Text.of(v).equals(Text.of(v).toUpperCase(Locale.ROOT))),
            Map.entry("in", (v, a) -> Values.contains(a.required(0, "seq"), v)),
            Map.entry("sameas", (v, a) -> v == a.required(0, "other") || v.equals(a.required(0, "other"))),
            Map.entry("equalto", Tests::equal),
            Map.entry("eq", Tests::equal),
            Map.entry("==", Tests::equal),
            Map.entry("ne", (v, a) -> !equal(v, a)),
            Map.entry("!=", (v, a) -> !equal(v, a)),
            Map.entry("lt", (v, a) -> compared(v, a) < 0),
            Map.entry("<", (v, a) -> compared(v, a) < 0),
            Map.entry("le", (v, a) -> compared(v, a) <= 0),
            Map.entry("<=", (v, a) -> compared(v, a) <= 0),
            Map.entry("gt", (v, a) -> compared(v, a) > 0),
            Map.entry(">", (v, a) -> compared(v, a) > 0),
            Map.entry("ge", (v, a) -> compared(v, a) >= 0),
            Map.entry(">=", (v, a) -> compared(v, a) >= 0));

    private Tests() {}

    /** One that is not there fails only when it is used, as in jinja2: many templates have parts no chat comes to. */
    static Test named(String name) {
        Test known = BY_NAME.get(name);
        return known != null
                ? known
                : (value, arguments) -> {
                    throw new TemplateError("the test '" + name + "' is not supported");
                };
    }

    private static boolean isIterable(Object value) {
        return value instanceof String || value instanceof List || value instanceof Map;
    }

    private static boolean equal(Object value, Arguments arguments) {
        return Values.equal(value, arguments.required(0, "other"));
    }

    private static int compared(Object value, Arguments arguments) {
        return Values.compare(value, arguments.required(0, "other"));
    }

    private static boolean divisible(Object value, Arguments arguments) {
        long by = Values.whole(arguments.required(0, "num"));
        if (by == 0) {
            throw new TemplateError("division by zero");
        }
        return Values.whole(value) % by == 0;
    }
}
