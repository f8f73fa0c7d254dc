package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Attributes and elements: {@code base.name} and {@code base[key]}. As in jinja2, each falls back to the other. */
final class Access {
    /** Attributes that every Python object has, and that the sandbox hides from templates. */
    private static final Set<String> KEPT_BACK = Set.of(
            "__class__",
            "__dict__",
            "__doc__",
            "__init__",
            "__len__",
            "__eq__",
            "__getattribute__",
            "__hash__",
            "__new__",
            "__reduce__",
            "__repr__",
            "__str__",
            "__dir__",
            "__format__",
            "__init_subclass__",
            "__subclasshook__",
            "__setattr__",
            "__delattr__",
            "__sizeof__",
            "__ne__",
            "__lt__",
            "__le__",
            "__gt__",
            "__ge__",
            "__reduce_ex__");

    private Access() {}

    /** Evaluates {@code base.name}. */
    static Object attribute(Object base, String name, Budget budget) {
        Undefined.required(base);
        Object attribute = own(base, name);
        if (attribute != null) {
            return attribute;
        }
        Object element = base instanceof Dict dict ? dict.get(name, budget) : null;
        return element != null ? element : missing(base, name);
    }

    /** Evaluates {@code base[key]}. */
    static Object element(Object base, Object key, Budget budget) {
        Undefined.required(base);
        Object element = item(base, key, budget);
        if (element != null) {
            return element;
        }
        Object attribute = Values.isText(key) ? own(base, Values.text(key)) : null;
        return attribute != null ? attribute : missing(base, key);
    }

    /** Returns the object's own attribute, or null if it has none of that name. */
    static @Nullable Object own(Object base, String name) {
        if (isKeptBack(name)) {
            return Undefined.of("'" + name + "' is not available to templates");
        }
        return base instanceof Attributes attributes ? attributes.attribute(name) : Methods.of(base, name);
    }

    static boolean isKeptBack(String name) {
        return KEPT_BACK.contains(name);
    }

    /** Returns null if there is no such element. */
    private static @Nullable Object item(Object base, Object key, Budget budget) {
        return switch (base) {
            case Dict dict ->
                key instanceof List<?> && !(key instanceof Tuple) || key instanceof Dict ? null : dict.get(key, budget);
            case List<?> list
            when Numbers.isWhole(key) -> at(list.size(), key) < 0 ? null : list.get(at(list.size(), key));
            case String text when Numbers.isWhole(key) -> character(text, key, budget);
            case Markup markup
            when Numbers.isWhole(key) -> {
                String character = character(markup.text(), key, budget);
                yield character == null ? null : new Markup(character);
            }
            default -> null;
        };
    }

    private static int at(int size, Object key) {
        int place = Numbers.index(key);
        int at = place < 0 ? place + size : place;
        return at < size ? at : -1;
    }

    private static @Nullable String character(String text, Object key, Budget budget) {
        budget.read(text.length());
        int place = at(text.codePointCount(0, text.length()), key);
        return place < 0 ? null : Character.toString(text.codePointAt(text.offsetByCodePoints(0, place)));
    }

    private static Undefined missing(Object base, Object key) {
        String what =
                key instanceof String name ? "'" + name + "'" : Numbers.isNumber(key) ? key.toString() : "of this kind";
        return Undefined.of(
                key instanceof Long
                        ? Values.typeName(base) + " has no element " + what
                        : Values.typeName(base) + " has no attribute " + what);
    }

    /** Evaluates {@code base[from:to:step]}. Each bound is null or None if it is not given. */
    static Object slice(Object base, @Nullable Object from, @Nullable Object to, @Nullable Object step, Budget budget) {
        Undefined.required(base);
        if (base instanceof Markup markup) {
            return new Markup((String) slice(markup.text(), from, to, step, budget));
        }
        if (!(base instanceof String) && !(base instanceof List<?>)) {
            return missing(base, "slice");
        }
        int by = step == null || step == None.NONE ? 1 : Numbers.index(step);
        if (by == 0) {
            throw new TemplateError("the step of a slice must not be zero");
        }
        int[] characters = base instanceof String text ? codePoints(text, budget) : null;
        int size = characters == null ? ((List<?>) base).size() : characters.length;
        int start = bound(from, by > 0 ? 0 : size - 1, size, by);
        int stop = bound(to, by > 0 ? size : -1, size, by);
        if (base instanceof Range range) {
            return range.slice(start, stop, by);
        }
        List<Object> elements = new ArrayList<>();
        StringBuilder text = new StringBuilder();
        for (long i = start; by > 0 ? i < stop : i > stop; i += by) {
            budget.step();
            if (characters == null) {
                elements.add(((List<?>) base).get((int) i));
            } else {
                text.appendCodePoint(characters[(int) i]);
            }
        }
        budget.elements(elements.size());
        budget.text(text.length());
        return characters != null ? text.toString() : base instanceof Tuple ? new Tuple(elements) : elements;
    }

    private static int[] codePoints(String text, Budget budget) {
        budget.text(text.length());
        return text.codePoints().toArray();
    }

    private static int bound(@Nullable Object given, int otherwise, int size, int by) {
        if (given == null || given == None.NONE) {
            return otherwise;
        }
        int place = Numbers.index(given);
        int at = place < 0 ? place + size : place;
        return Math.clamp(at, by > 0 ? 0 : -1, by > 0 ? size : size - 1);
    }
}
