package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.UnaryOperator;

/** jinja2's filters, as far as templates use them. */
final class Filters {
    private static final int DEFAULT_INDENT = 4;

    static final Map<String, Filter> BY_NAME = Map.ofEntries(
            Map.entry("trim", (i, v, a) -> Text.strip(i.budget(), Text.of(i.budget(), v))),
            Map.entry("upper", (i, v, a) -> StringMethods.upper(i.budget(), Text.of(i.budget(), v))),
            Map.entry("lower", (i, v, a) -> StringMethods.lower(i.budget(), Text.of(i.budget(), v))),
            Map.entry("title", (i, v, a) -> StringMethods.title(i.budget(), Text.of(i.budget(), v))),
            Map.entry("capitalize", (i, v, a) -> StringMethods.capitalize(i.budget(), Text.of(i.budget(), v))),
            Map.entry("string", (i, v, a) -> Text.of(i.budget(), v)),
            // there is no automatic escaping to be safe from
            Map.entry("safe", (i, v, a) -> Text.of(i.budget(), v)),
            Map.entry("length", (i, v, a) -> Values.length(i.budget(), v)),
            Map.entry("count", (i, v, a) -> Values.length(i.budget(), v)),
            Map.entry("default", (i, v, a) -> orDefault(v, a)),
            Map.entry("d", (i, v, a) -> orDefault(v, a)),
            Map.entry("join", Filters::joined),
            Map.entry("first", (i, v, a) -> Subscript.item(i.budget(), Values.elements(i.budget(), v), 0L)),
            Map.entry("last", (i, v, a) -> Subscript.item(i.budget(), Values.elements(i.budget(), v), -1L)),
            Map.entry("list", (i, v, a) -> i.arithmetic().copy(v)),
            Map.entry(
                    "reverse",
                    (i, v, a) -> v instanceof String s
                            ? StringMethods.reversed(i.budget(), s)
                            : i.arithmetic().copy(v).reversed()),
            Map.entry("sort", Filters::sorted),
            Map.entry("unique", (i, v, a) -> unique(i.budget(), i.arithmetic().copy(v))),
            Map.entry(
                    "items",
                    (i, v, a) -> v instanceof Map<?, ?> map
                            ? Methods.items(i.budget(), map)
                            : Values.elements(i.budget(), v)),
            Map.entry("dictsort", (i, v, a) -> dictSorted(i.budget(), v)),
            Map.entry(
                    "replace",
                    (i, v, a) -> StringMethods.replace(
                            i.budget(),
                            Text.of(i.budget(), v),
                            a.text(0, "old"),
                            a.text(1, "new"),
                            a.number(2, "count", -1))),
            Map.entry("indent", Filters::indented),
            Map.entry("int", (i, v, a) -> whole(i.budget(), v, a)),
            Map.entry("float", (i, v, a) -> real(i.budget(), v, a)),
            Map.entry("abs", (i, v, a) -> v instanceof Double d ? (Object) Math.abs(d) : Math.abs(Values.whole(v))),
            Map.entry("round", (i, v, a) -> rounded(i.budget(), v, a)),
            Map.entry("sum", (i, v, a) -> sum(i, v)),
            Map.entry("min", (i, v, a) -> extreme(i.budget(), v, (x, y) -> Values.compare(i.budget(), x, y))),
            Map.entry("max", (i, v, a) -> extreme(i.budget(), v, (x, y) -> Values.compare(i.budget(), y, x))),
            Map.entry("tojson", Filters::json),
            Map.entry("map", Selection::map),
            Map.entry("select", (i, v, a) -> Selection.select(i, v, a, true)),
            Map.entry("reject", (i, v, a) -> Selection.select(i, v, a, false)),
            Map.entry("selectattr", (i, v, a) -> Selection.selectAttribute(i, v, a, true)),
            Map.entry("rejectattr", (i, v, a) -> Selection.selectAttribute(i, v, a, false)));

    private Filters() {}

    /** One that is not there fails only when it is used, as in jinja2: many templates have parts no chat comes to. */
    static Filter named(String name) {
        Filter known = BY_NAME.get(name);
        return known != null
                ? known
                : (interpreter, value, arguments) -> {
                    throw new TemplateError("the filter '" + name + "' is not supported");
                };
    }

    static String join(PromptInterpreter interpreter, Object value, String separator) {
        StringBuilder out = new StringBuilder();
        String before = "";
        Budget budget = interpreter.budget();
        for (Object element : Values.elements(budget, value)) {
            String text = Text.of(budget, element);
            budget.characters(before.length() + text.length());
            budget.growing((long) out.length() + before.length() + text.length());
            out.append(before).append(text);
            before = separator;
        }
        budget.text(out.length());
        return out.toString();
    }

    private static String joined(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object attribute = arguments.get(1, "attribute", None.NONE);
        Object elements = attribute == None.NONE
                ? value
                : Values.elements(interpreter.budget(), value).stream()
                        .map(element -> {
                            interpreter.budget().element();
                            return Subscript.item(interpreter.budget(), element, attribute);
                        })
                        .toList();
        return join(interpreter, elements, Text.of(interpreter.budget(), arguments.get(0, "d", "")));
    }

    private static Object orDefault(Object value, Arguments arguments) {
        boolean alsoFalse = Values.truth(arguments.get(1, "boolean", false));
        boolean use = value instanceof Undefined || alsoFalse && !Values.truth(value);
        return use ? arguments.get(0, "default_value", "") : value;
    }

    private static Object sorted(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object attribute = arguments.named().getOrDefault("attribute", None.NONE);
        boolean caseSensitive = Values.truth(arguments.get(1, "case_sensitive", false));
        return sort(
                interpreter.budget(),
                interpreter.arithmetic().copy(value),
                element -> attribute == None.NONE ? element : Subscript.item(interpreter.budget(), element, attribute),
                caseSensitive,
                Values.truth(arguments.get(0, "reverse", false)));
    }

    private record Keyed(Object key, Object element) {}

    /** Makes each key once: in the comparison it would be made again and again. */
    private static List<Object> sort(
            Budget budget, List<Object> elements, UnaryOperator<Object> key, boolean caseSensitive, boolean reverse) {
        budget.elements(elements.size());
        List<Keyed> keyed = new ArrayList<>(elements.size());
        for (Object element : elements) {
            Object its = key.apply(element);
            keyed.add(new Keyed(
                    !caseSensitive && its instanceof String s ? StringMethods.lower(budget, s) : its, element));
        }
        Comparator<Keyed> order = (x, y) -> Values.compare(budget, x.key(), y.key());
        keyed.sort(reverse ? order.reversed() : order);
        budget.elements(elements.size());
        List<Object> sorted = new ArrayList<>(elements.size());
        keyed.forEach(one -> sorted.add(one.element()));
        return sorted;
    }

    private static List<Object> dictSorted(Budget budget, Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new TemplateError("dictsort needs a dict, not " + Values.typeName(value));
        }
        return sort(budget, Methods.items(budget, map), item -> Subscript.item(budget, item, 0L), false, false);
    }

    private static List<Object> unique(Budget budget, List<Object> elements) {
        Set<Object> seen = new LinkedHashSet<>();
        for (Object element : elements) {
            budget.element();
            seen.add(Values.key(budget, element));
        }
        budget.elements(seen.size());
        return new ArrayList<>(seen);
    }

    private static Object sum(PromptInterpreter interpreter, Object value) {
        Object sum = 0L;
        for (Object element : Values.elements(interpreter.budget(), value)) {
            interpreter.step();
            sum = interpreter.arithmetic().add(sum, element);
        }
        return sum;
    }

    private static Object indented(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object width = arguments.get(0, "width", (long) DEFAULT_INDENT);
        String indent = width instanceof String s ? s : " ".repeat(Math.clamp(Values.index(width), 0, 1000));
        boolean first = Values.truth(arguments.get(1, "first", false));
        boolean blank = Values.truth(arguments.get(2, "blank", false));
        Budget budget = interpreter.budget();
        String text = Text.of(budget, value);
        budget.characters(2L * text.length());
        StringBuilder out = new StringBuilder();
        for (int from = 0; from <= text.length(); ) {
            int lineBreak = text.indexOf('\n', from);
            int end = lineBreak < 0 ? text.length() : lineBreak;
            boolean indents = from == 0 ? first : blank || !isBlank(text, from, end);
            if (indents) {
                budget.characters(indent.length());
                out.append(indent);
            }
            budget.growing((long) out.length() + end - from + 1);
            out.append(text, from, lineBreak < 0 ? end : end + 1);
            from = end + 1;
        }
        budget.text(out.length());
        return out.toString();
    }

    private static boolean isBlank(String text, int from, int to) {
        int at = from;
        while (at < to && Character.isWhitespace(text.charAt(at))) {
            at++;
        }
        return at == to;
    }

    private static Object whole(Budget budget, Object value, Arguments arguments) {
        Object otherwise = arguments.get(0, "default", 0L);
        payForDigits(budget, value);
        try {
            return switch (value) {
                case Double d -> (long) d.doubleValue();
                case String s when s.contains(".") -> (long) Double.parseDouble(s);
                case String s -> Long.parseLong(s.strip());
                case None none -> otherwise;
                case Undefined undefined -> otherwise;
                default -> Values.whole(value);
            };
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static void payForDigits(Budget budget, Object value) {
        // a number of that many digits takes much longer than a look at each
        budget.step(value instanceof String text ? text.length() : 0);
    }

    private static Object real(Budget budget, Object value, Arguments arguments) {
        Object otherwise = arguments.get(0, "default", 0.0);
        payForDigits(budget, value);
        try {
            return switch (value) {
                case String s -> Double.parseDouble(s);
                case None none -> otherwise;
                case Undefined undefined -> otherwise;
                default -> Values.real(value);
            };
        } catch (NumberFormatException e) {
            return otherwise;
        }
    }

    private static double rounded(Budget budget, Object value, Arguments arguments) {
        double scale = Math.pow(10, arguments.number(0, "precision", 0));
        double scaled = Values.real(value) * scale;
        return switch (Text.of(budget, arguments.get(1, "method", "common"))) {
            case "ceil" -> Math.ceil(scaled) / scale;
            case "floor" -> Math.floor(scaled) / scale;
            // half to even, as Python's round
            default -> Math.rint(scaled) / scale;
        };
    }

    private static Object extreme(Budget budget, Object value, Comparator<Object> order) {
        return Collections.unmodifiableList(Values.elements(budget, value)).stream()
                .min(order)
                .orElseGet(() -> new Undefined("the least or greatest of nothing"));
    }

    private static String json(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object indent = arguments.named().getOrDefault("indent", None.NONE);
        String text = indent == None.NONE
                ? null
                : indent instanceof String s ? s : " ".repeat(Math.clamp(Values.index(indent), 0, 1000));
        return Json.write(value, text, interpreter.budget());
    }
}
