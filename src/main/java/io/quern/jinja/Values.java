package io.quern.jinja;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * The semantics of values as in Python. Values are String, {@link Markup}, {@link Numbers numbers}, {@link None},
 * {@link Undefined}, List (including {@link Tuple} and {@link Range}), {@link Dict}, {@link View}, {@link Generator},
 * {@link Callable} and {@link Attributes}.
 */
final class Values {
    private Values() {}

    /** Converts a Java value: null to None, and lists and maps to copies with strings as keys. */
    static Object ofJava(Object value) {
        return switch (value) {
            case null -> None.NONE;
            case String s -> s;
            case Boolean b -> b;
            case Long n -> n;
            case Integer n -> (long) n;
            case Short n -> (long) n;
            case Byte n -> (long) n;
            case BigInteger n -> Numbers.of(n);
            case BigDecimal n -> n.doubleValue();
            case Number n -> n.doubleValue();
            case Map<?, ?> map -> {
                Dict copy = new Dict();
                map.forEach((key, element) -> copy.put(String.valueOf(key), ofJava(element)));
                yield copy;
            }
            case Collection<?> list -> {
                List<Object> copy = new ArrayList<>(list.size());
                list.forEach(element -> copy.add(ofJava(element)));
                yield copy;
            }
            default ->
                throw new IllegalArgumentException(
                        "templates do not support values of " + value.getClass().getName());
        };
    }

    static boolean truth(Object value) {
        return switch (value) {
            case Boolean b -> b;
            case String s -> !s.isEmpty();
            case Markup markup -> !markup.text().isEmpty();
            case Long n -> n != 0;
            case Double d -> d != 0;
            case List<?> list -> !list.isEmpty();
            case Dict dict -> dict.size() > 0;
            case View view -> view.dict().size() > 0;
            case None none -> false;
            case Undefined undefined -> false;
            default -> true;
        };
    }

    static boolean equal(Object a, Object b, Budget budget) {
        budget.step();
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.equal(a, b);
        }
        if (isText(a) && isText(b)) {
            String x = text(a);
            String y = text(b);
            budget.read(Math.min(x.length(), y.length()));
            return x.equals(y);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            return sequenceKind(x) == sequenceKind(y) && x.size() == y.size() && pairwiseEqual(x, y, budget);
        }
        if (a instanceof Dict x && b instanceof Dict y) {
            return x.size() == y.size() && sameEntries(x, y, budget);
        }
        if (a instanceof View x && b instanceof View y) {
            return x.kind() == y.kind()
                    && x.kind() != View.Kind.VALUES
                    && x.dict().size() == y.dict().size()
                    && x.elements().stream().allMatch(element -> contains(y, element, budget));
        }
        return a.equals(b);
    }

    /** Lists, tuples and ranges are never equal to each other. */
    private static Class<?> sequenceKind(List<?> list) {
        return list instanceof Tuple ? Tuple.class : list instanceof Range ? Range.class : List.class;
    }

    private static boolean pairwiseEqual(List<?> x, List<?> y, Budget budget) {
        for (int i = 0; i < x.size(); i++) {
            if (!same(x.get(i), y.get(i), budget)) {
                return false;
            }
        }
        return true;
    }

    private static boolean sameEntries(Dict x, Dict y, Budget budget) {
        for (Object key : x.keys()) {
            Object there = y.get(key, budget);
            if (there == null || !same(Objects.requireNonNull(x.get(key, budget)), there, budget)) {
                return false;
            }
        }
        return true;
    }

    /** Compares as containers do: a value equals itself even if it is NaN. */
    private static boolean same(Object a, Object b, Budget budget) {
        return a == b || equal(a, b, budget);
    }

    /** @throws TemplateError if Python does not order the two */
    static int compare(Object a, Object b, Budget budget) {
        budget.step();
        Undefined.required(a);
        Undefined.required(b);
        if (Numbers.isNumber(a) && Numbers.isNumber(b)) {
            return Numbers.compare(a, b);
        }
        if (isText(a) && isText(b)) {
            String x = text(a);
            String y = text(b);
            budget.read(Math.min(x.length(), y.length()));
            return compareCodePoints(x, y);
        }
        if (a instanceof List<?> x
                && b instanceof List<?> y
                && sequenceKind(x) == sequenceKind(y)
                && !(x instanceof Range)) {
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!same(x.get(i), y.get(i), budget)) {
                    return compare(x.get(i), y.get(i), budget);
                }
            }
            return Integer.compare(x.size(), y.size());
        }
        throw new TemplateError("cannot compare " + typeName(a) + " with " + typeName(b));
    }

    /** Compares by code points, not by UTF-16 units as compareTo does. */
    private static int compareCodePoints(String x, String y) {
        int length = Math.min(x.length(), y.length());
        for (int i = 0; i < length; i++) {
            char a = x.charAt(i);
            char b = y.charAt(i);
            if (a != b) {
                boolean surrogate = Character.isSurrogate(a) != Character.isSurrogate(b);
                return surrogate ? (Character.isSurrogate(a) ? 1 : -1) : Character.compare(a, b);
            }
        }
        return Integer.compare(x.length(), y.length());
    }

    static boolean contains(Object container, Object value, Budget budget) {
        if (isText(container)) {
            if (!isText(value)) {
                throw new TemplateError("cannot search for " + typeName(Undefined.required(value)) + " in a string");
            }
            return Search.first(text(container), text(value), 0, budget) >= 0;
        }
        if (container instanceof Dict dict) {
            return dict.contains(value, budget);
        }
        if (container instanceof View view && view.kind() == View.Kind.KEYS) {
            return view.dict().contains(value, budget);
        }
        if (!isIterable(container)) {
            throw new TemplateError("cannot search in " + typeName(container));
        }
        for (Iterator<Object> elements = iterator(container, budget); elements.hasNext(); ) {
            if (same(elements.next(), value, budget)) {
                return true;
            }
        }
        return false;
    }

    /** Returns whether the value has a length. */
    static boolean isSized(Object value) {
        return isText(value)
                || value instanceof List<?>
                || value instanceof Dict
                || value instanceof View
                || value instanceof Undefined;
    }

    static long length(Object value, Budget budget) {
        return switch (value) {
            case String s -> {
                budget.read(s.length());
                yield s.codePointCount(0, s.length());
            }
            case Markup markup -> length(markup.text(), budget);
            case List<?> list -> list.size();
            case Dict dict -> dict.size();
            case View view -> view.dict().size();
            case Undefined undefined -> 0;
            case LoopContext loop -> loop.length();
            default -> throw new TemplateError(typeName(value) + " has no length");
        };
    }

    static boolean isIterable(Object value) {
        return isSized(value) || value instanceof Generator || value instanceof LoopContext;
    }

    /** Iterates as a loop does; each element costs a step. */
    static Iterator<Object> iterator(Object value, Budget budget) {
        Iterator<?> elements =
                switch (value) {
                    case List<?> list -> list.iterator();
                    case Dict dict -> dict.keys().iterator();
                    case View view -> view.elements().iterator();
                    case String s ->
                        s.codePoints().mapToObj(Character::toString).iterator();
                    // the characters of a marked text are not marked, as in Python
                    case Markup markup ->
                        markup.text().codePoints().mapToObj(Character::toString).iterator();
                    case Undefined undefined -> List.of().iterator();
                    case Generator generator -> generator.elements();
                    case LoopContext loop -> throw TemplateError.unsupported("iterating over the variable loop");
                    default -> throw new TemplateError(typeName(value) + " is not iterable");
                };
        return new Iterator<>() {
            @Override
            public boolean hasNext() {
                return elements.hasNext();
            }

            @Override
            public Object next() {
                budget.step();
                return elements.next();
            }
        };
    }

    /** Returns a new list with all elements that a loop would visit. */
    static List<Object> list(Object value, Budget budget) {
        List<Object> list = new ArrayList<>();
        for (Iterator<Object> elements = iterator(value, budget); elements.hasNext(); ) {
            budget.elements(1);
            list.add(elements.next());
        }
        return list;
    }

    static boolean isText(Object value) {
        return value instanceof String || value instanceof Markup;
    }

    static String text(Object value) {
        return switch (value) {
            case String s -> s;
            case Markup markup -> markup.text();
            default -> throw new TemplateError("expected a string, got " + typeName(Undefined.required(value)));
        };
    }

    /** Returns Python's name of the type, for messages. */
    static String typeName(Object value) {
        return switch (value) {
            case String s -> "str";
            case Markup markup -> "Markup";
            case Long n -> "int";
            case BigInteger n -> "int";
            case Double d -> "float";
            case Boolean b -> "bool";
            case Tuple tuple -> "tuple";
            case Range range -> "range";
            case List<?> list -> "list";
            case Dict dict -> "dict";
            case View view -> view.typeName();
            case Generator generator -> generator.what();
            case None none -> "None";
            case Undefined undefined -> "undefined";
            case Macro macro -> "a macro";
            case Callable callable -> "a function";
            case Namespace namespace -> "a namespace";
            default -> value.getClass().getSimpleName();
        };
    }
}
