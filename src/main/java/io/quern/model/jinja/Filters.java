package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** jinja2's filters, as far as templates use them. */
final class Filters {
    private static final int DEFAULT_INDENT = 4;

    private static final Map<String, Filter> BY_NAME = Map.ofEntries(
            Map.entry("trim", (i, v, a) -> Text.stripEnd(Text.stripStart(Text.of(v)))),
            Map.entry("upper", (i, v, a) -> Text.of(v).toUpperCase(Locale.ROOT)),
            Map.entry("lower", (i, v, a) -> Text.of(v).toLowerCase(Locale.ROOT)),
            Map.entry("title", (i, v, a) -> StringMethods.title(Text.of(v))),
            Map.entry("capitalize", (i, v, a) -> StringMethods.capitalize(Text.of(v))),
            Map.entry("string", (i, v, a) -> Text.of(v)),
            // there is no automatic escaping to be safe from
            Map.entry("safe", (i, v, a) -> Text.of(v)),
            Map.entry("length", (i, v, a) -> Values.length(v)),
            Map.entry("count", (i, v, a) -> Values.length(v)),
            Map.entry("default", (i, v, a) -> orDefault(v, a)),
            Map.entry("d", (i, v, a) -> orDefault(v, a)),
            Map.entry("join", Filters::joined),
            Map.entry("first", (i, v, a) -> Subscript.item(Values.elements(v), 0L)),
            Map.entry("last", (i, v, a) -> Subscript.item(Values.elements(v), -1L)),
            Map.entry("list", (i, v, a) -> i.arithmetic().copy(v)),
            Map.entry(
                    "reverse",
                    (i, v, a) -> v instanceof String s
                            ? new StringBuilder(s).reverse().toString()
                            : i.arithmetic().copy(v).reversed()),
            Map.entry("sort", Filters::sorted),
            Map.entry(
                    "unique",
                    (i, v, a) ->
                            new ArrayList<>(new LinkedHashSet<>(i.arithmetic().copy(v)))),
            Map.entry("items", (i, v, a) -> v instanceof Map<?, ?> map ? Methods.items(map) : Values.elements(v)),
            Map.entry("dictsort", (i, v, a) -> dictSorted(v)),
            Map.entry(
                    "replace",
                    (i, v, a) -> StringMethods.replace(
                            i, Text.of(v), a.text(0, "old"), a.text(1, "new"), a.number(2, "count", -1))),
            Map.entry("indent", Filters::indented),
            Map.entry("int", (i, v, a) -> whole(v, a)),
            Map.entry("float", (i, v, a) -> real(v, a)),
            Map.entry("abs", (i, v, a) -> v instanceof Double d ? (Object) Math.abs(d) : Math.abs(Values.whole(v))),
            Map.entry("round", (i, v, a) -> rounded(v, a)),
            Map.entry("sum", (i, v, a) -> Values.elements(v).stream().reduce(0L, i.arithmetic()::add)),
            Map.entry("min", (i, v, a) -> extreme(v, Values::compare)),
            Map.entry("max", (i, v, a) -> extreme(v, (x, y) -> Values.compare(y, x))),
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
        for (Object element : Values.elements(value)) {
            out.append(before).append(Text.of(element));
            interpreter.arithmetic().checkText(out.length());
            before = separator;
        }
        interpreter.arithmetic().claim(out.length());
        return out.toString();
    }

    private static String joined(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object attribute = arguments.get(1, "attribute", None.NONE);
        Object elements = attribute == None.NONE
                ? value
                : Values.elements(value).stream()
                        .map(element -> Subscript.item(element, attribute))
                        .toList();
        return join(interpreter, elements, Text.of(arguments.get(0, "d", "")));
    }

    private static Object orDefault(Object value, Arguments arguments) {
        boolean alsoFalse = Values.truth(arguments.get(1, "boolean", false));
        boolean use = value instanceof Undefined || alsoFalse && !Values.truth(value);
        return use ? arguments.get(0, "default_value", "") : value;
    }

    private static Object sorted(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object attribute = arguments.named().getOrDefault("attribute", None.NONE);
        boolean caseSensitive = Values.truth(arguments.get(1, "case_sensitive", false));
        Comparator<Object> order =
                (x, y) -> Values.compare(sortKey(x, attribute, caseSensitive), sortKey(y, attribute, caseSensitive));
        List<Object> elements = interpreter.arithmetic().copy(value);
        elements.sort(Values.truth(arguments.get(0, "reverse", false)) ? order.reversed() : order);
        return elements;
    }

    private static Object sortKey(Object element, Object attribute, boolean caseSensitive) {
        Object key = attribute == None.NONE ? element : Subscript.item(element, attribute);
        return !caseSensitive && key instanceof String s ? s.toLowerCase(Locale.ROOT) : key;
    }

    private static List<Object> dictSorted(Object value) {
        if (!(value instanceof Map<?, ?> map)) {
            throw new TemplateError("dictsort needs a dict, not " + Values.typeName(value));
        }
        List<Object> items = Methods.items(map);
        items.sort((x, y) -> Values.compare(
                sortKey(Subscript.item(x, 0L), None.NONE, false), sortKey(Subscript.item(y, 0L), None.NONE, false)));
        return items;
    }

    private static Object indented(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object width = arguments.get(0, "width", (long) DEFAULT_INDENT);
        String indent = width instanceof String s ? s : " ".repeat(Math.clamp(Values.index(width), 0, 1000));
        boolean first = Values.truth(arguments.get(1, "first", false));
        boolean blank = Values.truth(arguments.get(2, "blank", false));
        StringBuilder out = new StringBuilder();
        String[] lines = Text.of(value).split("\n", -1);
        for (int i = 0; i < lines.length; i++) {
            boolean indents = i == 0 ? first : blank || !lines[i].isBlank();
            out.append(i == 0 ? "" : "\n").append(indents ? indent : "").append(lines[i]);
            interpreter.arithmetic().checkText(out.length());
        }
        return out.toString();
    }

    private static Object whole(Object value, Arguments arguments) {
        Object otherwise = arguments.get(0, "default", 0L);
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

    private static Object real(Object value, Arguments arguments) {
        Object otherwise = arguments.get(0, "default", 0.0);
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

    private static double rounded(Object value, Arguments arguments) {
        double scale = Math.pow(10, arguments.number(0, "precision", 0));
        double scaled = Values.real(value) * scale;
        return switch (Text.of(arguments.get(1, "method", "common"))) {
            case "ceil" -> Math.ceil(scaled) / scale;
            case "floor" -> Math.floor(scaled) / scale;
            // half to even, as Python's round
            default -> Math.rint(scaled) / scale;
        };
    }

    private static Object extreme(Object value, Comparator<Object> order) {
        return Collections.unmodifiableList(Values.elements(value)).stream()
                .min(order)
                .orElseGet(() -> new Undefined("the least or greatest of nothing"));
    }

    private static String json(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object indent = arguments.named().getOrDefault("indent", None.NONE);
        String text = indent == None.NONE
                ? null
                : indent instanceof String s ? s : " ".repeat(Math.clamp(Values.index(indent), 0, 1000));
        return Json.write(value, text, interpreter.arithmetic());
    }
}
