package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** {@code a.b}, {@code a[b]} and {@code a[b:c:d]}. */
final class Subscript {
    private Subscript() {}

    static Object attribute(Object base, String name) {
        if (base instanceof Undefined undefined) {
            throw undefined.error();
        }
        if (base instanceof Attributes object) {
            Object value = object.attribute(name);
            return value == null ? missing(name) : value;
        }
        Callable method = Methods.of(base, name);
        if (method != null) {
            return method;
        }
        return base instanceof Map<?, ?> map && map.containsKey(name) ? None.orValue(map.get(name)) : missing(name);
    }

    static Object item(Object base, Object key) {
        return switch (base) {
            case Undefined undefined -> throw undefined.error();
            case Map<?, ?> map when map.containsKey(key) -> None.orValue(map.get(key));
            case List<?> list when key instanceof Long n -> element(list, n);
            case String text when key instanceof Long n -> character(text, n);
            case Object other when key instanceof String name -> attribute(other, name);
            default -> missing(Text.of(key));
        };
    }

    static Object slice(Object base, Object start, Object end, Object step) {
        int by = step == null || step == None.NONE ? 1 : Values.index(step);
        if (by == 0) {
            throw new TemplateError("a slice's step cannot be zero");
        }
        return switch (base) {
            case Undefined undefined -> throw undefined.error();
            case String text when by == 1 -> cutText(text, start, end);
            case String text ->
                String.join(
                        "",
                        cut(Values.elements(text), start, end, by).stream()
                                .map(String.class::cast)
                                .toList());
            case List<?> list -> cut(list, start, end, by);
            default -> throw new TemplateError("cannot take a slice of " + Values.typeName(base));
        };
    }

    private static List<Object> cut(List<?> list, Object start, Object end, int by) {
        int size = list.size();
        long from = bound(start, by > 0 ? 0 : size - 1, size, by);
        long to = bound(end, by > 0 ? size : -1, size, by);
        List<Object> taken = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            taken.add(list.get((int) i));
        }
        return taken;
    }

    /** Without a list of characters: contents may be long. */
    private static String cutText(String text, Object start, Object end) {
        int size = (int) Values.length(text);
        int from = (int) bound(start, 0, size, 1);
        int to = (int) bound(end, size, size, 1);
        if (from >= to) {
            return "";
        }
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

    private static Object character(String text, long index) {
        int size = (int) Values.length(text);
        long place = index < 0 ? index + size : index;
        return place >= 0 && place < size
                ? Character.toString(text.codePointAt(text.offsetByCodePoints(0, (int) place)))
                : missing(Long.toString(index));
    }

    private static Undefined missing(String name) {
        return new Undefined("attribute or element '" + name + "'");
    }
}
