package io.quern.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The methods of Python's built-in types. */
final class Methods {
    private static final MethodTable<Dict> DICT = new MethodTable<Dict>(
                    "dict", List.of("clear", "pop", "popitem", "setdefault", "update"), List.of("fromkeys"))
            .with("items:", (dict, a, budget) -> new View(View.Kind.ITEMS, dict))
            .with("keys:", (dict, a, budget) -> new View(View.Kind.KEYS, dict))
            .with("values:", (dict, a, budget) -> new View(View.Kind.VALUES, dict))
            .with("copy:", (dict, a, budget) -> {
                budget.elements(dict.size());
                return dict.copy();
            })
            .with("get: _, [_]", (dict, a, budget) -> {
                Object value = dict.get(a[0], budget);
                return value != null ? value : a[1] == null ? None.NONE : a[1];
            });

    private static final MethodTable<List<?>> LIST = sequence(
                    "list",
                    List.of("append", "clear", "extend", "insert", "pop", "remove", "reverse", "sort"),
                    List.of())
            .with("copy:", (list, a, budget) -> Values.list(list, budget));

    private static final MethodTable<List<?>> TUPLE = sequence("tuple", List.of(), List.of());
    private static final MethodTable<List<?>> RANGE = sequence("range", List.of(), List.of("start", "stop", "step"))
            .with("index: _", (list, a, budget) -> index(list, new Object[] {a[0], null, null}, budget));

    private static final MethodTable<Object> WHOLE = new MethodTable<>(
            "int",
            List.of(),
            List.of(
                    "as_integer_ratio",
                    "bit_count",
                    "bit_length",
                    "conjugate",
                    "denominator",
                    "from_bytes",
                    "imag",
                    "is_integer",
                    "numerator",
                    "real",
                    "to_bytes"));
    private static final MethodTable<Object> REAL = new MethodTable<Object>(
                    "float",
                    List.of(),
                    List.of("as_integer_ratio", "conjugate", "fromhex", "hex", "imag", "real", "from_number"))
            .with(
                    "is_integer:",
                    (value, a, budget) ->
                            (Double) value == Math.rint((Double) value) && !Double.isInfinite((Double) value));
    private static final MethodTable<View> VIEW =
            new MethodTable<>("dict's view", List.of(), List.of("isdisjoint", "mapping"));

    private Methods() {}

    private static MethodTable<List<?>> sequence(String type, List<String> changing, List<String> missing) {
        return new MethodTable<List<?>>(type, changing, missing)
                .with("count: _", (list, a, budget) -> list.stream()
                        .filter(element -> Values.equal(element, a[0], budget))
                        .count())
                .with("index: _, [_], [_]", Methods::index);
    }

    /** Returns null if there is no such method. */
    static @Nullable Object of(Object base, String name) {
        return switch (base) {
            case String text -> StringMethods.of(text, name);
            case Markup markup -> ofMarkup(markup, name);
            case Dict dict -> DICT.of(dict, name);
            case Tuple tuple -> TUPLE.of(tuple, name);
            case Range range -> RANGE.of(range, name);
            case List<?> list -> LIST.of(list, name);
            case View view -> VIEW.of(view, name);
            case Double value -> REAL.of(value, name);
            case Object value when Numbers.isWhole(value) -> WHOLE.of(value, name);
            default -> null;
        };
    }

    private static @Nullable Object ofMarkup(Markup markup, String name) {
        if (StringMethods.of(markup.text(), name) != null || name.equals("unescape") || name.equals("striptags")) {
            throw TemplateError.unsupported("the method " + name + " of a safe text");
        }
        return null;
    }

    private static Object index(List<?> list, @Nullable Object[] given, Budget budget) {
        int from = given[1] == null ? 0 : Numbers.index(given[1]);
        int to = given[2] == null ? list.size() : Numbers.index(given[2]);
        from = Math.max(0, from < 0 ? from + list.size() : from);
        to = Math.min(list.size(), to < 0 ? to + list.size() : to);
        for (int i = from; i < to; i++) {
            if (Values.equal(list.get(i), given[0], budget)) {
                return (long) i;
            }
        }
        throw new TemplateError("the element is not in the list");
    }
}
