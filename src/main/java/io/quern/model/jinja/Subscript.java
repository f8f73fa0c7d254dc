package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code a.b}, {@code a[b]} and {@code a[b:c:d]}. */
final class Subscript {
    private Subscript() {}

    static Object attribute(Budget budget, Object base, String name) {
        if (base instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (base instanceof Attributes object) {
            Object value = object.attribute(name);
            return value == null ? missing(name) : value;
        }
        budget.characters(name.length());
        Callable method = Methods.of(base, name);
        if (method != null) {
            return method;
        }
        return base instanceof Map<?, ?> map && map.containsKey(name) ? None.orValue(map.get(name)) : missing(name);
    }

    static Object item(Budget budget, Object base, Object key) {
        budget.step();
        return switch (base) {
            case Undefined undefined -> throw undefined.error();
            case Map<?, ?> map when map.containsKey(Values.key(budget, key)) -> None.orValue(map.get(key));
            case List<?> list when key instanceof Long n -> element(list, n);
            case String text when key instanceof Long n -> character(budget, text, n);
            case Object other when key instanceof String name -> attribute(budget, other, name);
            default -> missing(Text.of(budget, key));
        };
    }

    static Object slice(Budget budget, Object base, Object start, Object end, Object step) {
        int by = step == null || step == None.NONE ? 1 : Values.index(step);
        if (by == 0) {
            throw new TemplateError("a slice's step cannot be zero");
        }
        return switch (base) {
            case Undefined undefined -> throw undefined.error();
            case String text when by == 1 -> cutText(budget, text, start, end);
            case String text -> cutCharacters(budget, text, start, end, by);
            case List<?> list -> cut(budget, list, start, end, by);
            default -> throw new TemplateError("cannot take a slice of " + Values.typeName(base));
        };
    }

    private static List<Object> cut(Budget budget, List<?> list, Object start, Object end, int by) {
        int size = list.size();
        long from = bound(start, by > 0 ? 0 : size - 1, size, by);
        long to = bound(end, by > 0 ? size : -1, size, by);
        budget.elements(Math.max(0, (to - from) / by + 1));
        List<Object> taken = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            taken.add(list.get((int) i));
        }
        return taken;
    }

    private static String cutCharacters(Budget budget, String text, Object start, Object end, int by) {
        List<Object> characters = Values.elements(budget, text);
        int size = characters.size();
        long from = bound(start, by > 0 ? 0 : size - 1, size, by);
        long to = bound(end, by > 0 ? size : -1, size, by);
        budget.text(Math.max(0, (to - from) / by + 1));
        StringBuilder taken = new StringBuilder();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            budget.step();
            taken.append((String) characters.get((int) i));
        }
        return taken.toString();
    }

    /** Without a list of characters: contents may be long. */
    private static String cutText(Budget budget, String text, Object start, Object end) {
        int size = (int) Values.length(budget, text);
        int from = (int) bound(start, 0, size, 1);
        int to = (int) bound(end, size, size, 1);
        if (from >= to) {
            return "";
        }
        budget.text(to - from);
        int begin = text.offsetByCodePoints(0, from);
        return text.substring(begin, text.offsetByCodePoints(begin, to - from));
    }

    private static long bound(Object value, long otherwise, int size, int by) {
        if (value == null || value == None.NONE) {
            return otherwise;
        }
        long index = Values.index(value);
        if (index < 0) {
            index += size;
        }
        return by > 0 ? Math.clamp(index, 0, size) : Math.clamp(index, -1, size - 1);
    }

    private static Object element(List<?> list, long index) {
        long place = index < 0 ? index + list.size() : index;
        return place >= 0 && place < list.size() ? None.orValue(list.get((int) place)) : missing(Long.toString(index));
    }

    private static Object character(Budget budget, String text, long index) {
        int size = (int) Values.length(budget, text);
        long place = index < 0 ? index + size : index;
        return place >= 0 && place < size
                ? Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) place)))
                : missing(Long.toString(index));
    }

    private static Undefined missing(String name) {
        return new Undefined("attribute or element '" + name + "'");
    }
}
