package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What values mean, as Python sees it. Values are String, Long, Double, Boolean, {@link None}, {@link Undefined}, List, Map and
 * objects of ours.
 */
final class Values {
    private Values() {}

    /** As templates know values: one kind of whole and one of real numbers, None for null, copies of lists and maps. */
    static Object ofJava(Object value) {
        return switch (value) {
            case null -> None.NONE;
            case String s -> s;
            case Boolean b -> b;
            case Long n -> n;
            case Integer n -> (long) n;
            case Short n -> (long) n;
            case Byte n -> (long) n;
            case Number n -> n.doubleValue();
            case Map<?, ?> map -> {
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((key, element) -> copy.put(ofJava(key), ofJava(element)));
                yield copy;
            }
            case Collection<?> list -> {
                List<Object> copy = new ArrayList<>(list.size());
                list.forEach(element -> copy.add(ofJava(element)));
                yield copy;
            }
            default ->
                throw new IllegalArgumentException(
                        "templates know no " + value.getClass().getName());
        };
    }

    static boolean truth(Object value) {
        return switch (value) {
            case Boolean b -> b;
            case String s -> !s.isEmpty();
            case Long n -> n != 0;
            case Double d -> d != 0;
            case List<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case None none -> false;
            case Undefined undefined -> false;
            default -> true;
        };
    }

    static boolean equal(Budget budget, Object a, Object b) {
        budget.step();
        if (isNumber(a) && isNumber(b)) {
            return a instanceof Double || b instanceof Double ? real(a) == real(b) : whole(a) == whole(b);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            return x.size() == y.size() && pairwiseEqual(budget, x, y);
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return x.size() == y.size()
                    && x.entrySet().stream()
                            .allMatch(e -> y.containsKey(key(budget, e.getKey()))
                                    && equal(budget, e.getValue(), y.get(e.getKey())));
        }
        return a instanceof String x && b instanceof String y ? Search.same(budget, x, y) : a.equals(b);
    }

    private static boolean pairwiseEqual(Budget budget, List<?> x, List<?> y) {
        for (int i = 0; i < x.size(); i++) {
            if (!equal(budget, x.get(i), y.get(i))) {
                return false;
            }
        }
        return true;
    }

    static int compare(Budget budget, Object a, Object b) {
        budget.step();
        if (isNumber(a) && isNumber(b)) {
            return a instanceof Double || b instanceof Double
                    ? Double.compare(real(a), real(b))
                    : Long.compare(whole(a), whole(b));
        }
        if (a instanceof String x && b instanceof String y) {
            return Search.compare(budget, x, y);
        }
        throw new TemplateError("cannot compare " + typeName(a) + " with " + typeName(b));
    }

    static boolean contains(Budget budget, Object container, Object value) {
        return switch (container) {
            case String s when value instanceof String part -> Search.contains(budget, s, part);
            case String s -> throw new TemplateError("cannot look for " + typeName(value) + " in a string");
            case Map<?, ?> map -> map.containsKey(key(budget, value));
            case List<?> list -> list.stream().anyMatch(element -> equal(budget, element, value));
            case Undefined undefined -> false;
            default -> throw new TemplateError("cannot look into " + typeName(container));
        };
    }

    /** What can be looked up in a dict, which a list cannot, as in Python: it would be gone through for its hash. */
    static Object key(Budget budget, Object value) {
        if (value instanceof List || value instanceof Map) {
            throw new TemplateError("a " + typeName(value) + " cannot be the key of a dict");
        }
        budget.characters(value instanceof String text ? text.length() : 0);
        return value;
    }

    static long length(Budget budget, Object value) {
        return switch (value) {
            case String s -> {
                budget.characters(s.length());
                yield s.codePointCount(0, s.length());
            }
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Undefined undefined -> 0;
            default -> throw new TemplateError(typeName(value) + " has no length");
        };
    }

    /** The elements that a loop goes through. */
    static List<Object> elements(Budget budget, Object value) {
        return switch (value) {
            case List<?> list -> Collections.unmodifiableList(list);
            case Map<?, ?> map -> {
                budget.elements(map.size());
                yield new ArrayList<>(map.keySet());
            }
            case String s -> {
                // each character becomes an int
                budget.allocate((long) Integer.BYTES * s.length());
                budget.characters(s.length());
                yield new Characters(s);
            }
            case Undefined undefined -> List.of();
            default -> throw new TemplateError("cannot go through " + typeName(value));
        };
    }

    static boolean isNumber(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static long whole(Object value) {
        return switch (value) {
            case Long n -> n;
            case Boolean b -> b ? 1 : 0;
            case Undefined undefined -> throw undefined.error();
            default -> throw new TemplateError("a whole number is needed, not " + typeName(value));
        };
    }

    static double real(Object value) {
        return value instanceof Double d ? d : whole(value);
    }

    /** A number for places and counts: no list or text is longer than an int says. */
    static int index(Object value) {
        return Math.clamp(whole(value), -Integer.MAX_VALUE, Integer.MAX_VALUE);
    }

    /** As Python calls it, for messages. */
    static String typeName(Object value) {
        return switch (value) {
            case String s -> "str";
            case Long n -> "int";
            case Double d -> "float";
            case Boolean b -> "bool";
            case List<?> list -> "list";
            case Map<?, ?> map -> "dict";
            case None none -> "None";
            case Undefined undefined -> "undefined (" + undefined.what() + ")";
            case Callable callable -> "a function";
            default -> value.getClass().getSimpleName();
        };
    }
}
