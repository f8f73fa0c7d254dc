package io.quern.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.BiConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Python's dict. Keeps the order of insertion; {@code 1}, {@code 1.0} and {@code True} are the same key, and the first
 * one inserted is kept. Templates cannot change it.
 */
final class Dict {
    private record Entry(Object key, Object value) {}

    private final Map<Object, Entry> entries = new LinkedHashMap<>();

    /** Adds an entry; used only while the dict is created. */
    void put(Object key, Object value, Budget budget) {
        put(canonical(key, budget), key, value);
    }

    /** Adds an entry whose key is a name. */
    void put(String name, Object value) {
        put(name, name, value);
    }

    private void put(Object canonical, Object key, Object value) {
        Entry known = entries.get(canonical);
        entries.put(canonical, new Entry(known == null ? key : known.key, value));
    }

    /** Returns null if there is no such key. */
    @Nullable
    Object get(Object key, Budget budget) {
        Entry entry = entries.get(canonical(key, budget));
        return entry == null ? null : entry.value;
    }

    boolean contains(Object key, Budget budget) {
        return entries.containsKey(canonical(key, budget));
    }

    int size() {
        return entries.size();
    }

    List<Object> keys() {
        return entries.values().stream().map(Entry::key).toList();
    }

    List<Object> values() {
        return entries.values().stream().map(Entry::value).toList();
    }

    List<Object> items() {
        return entries.values().stream()
                .map(entry -> (Object) Tuple.of(entry.key, entry.value))
                .toList();
    }

    void forEach(BiConsumer<Object, Object> action) {
        entries.values().forEach(entry -> action.accept(entry.key, entry.value));
    }

    Dict copy() {
        Dict copy = new Dict();
        copy.entries.putAll(entries);
        return copy;
    }

    /** Returns a key that is equal in Java exactly if the original is equal in Python. */
    private static Object canonical(Object key, Budget budget) {
        budget.step();
        return switch (key) {
            case String s -> {
                budget.read(s.length());
                yield s;
            }
            case Boolean b -> b ? 1L : 0L;
            case Double d when d == Math.rint(d) && !Double.isInfinite(d) -> Numbers.ofReal(d);
            case Markup markup -> canonical(markup.text(), budget);
            case Tuple tuple ->
                List.of(
                        Tuple.class,
                        tuple.stream()
                                .map(element -> canonical(element, budget))
                                .toList());
            case Range range -> {
                budget.elements(range.size());
                yield List.of(Range.class, List.copyOf(range));
            }
            case List<?> list -> throw unhashable(list);
            case Dict dict -> throw unhashable(dict);
            default -> key;
        };
    }

    private static TemplateError unhashable(Object key) {
        return new TemplateError("a " + Values.typeName(key) + " cannot be a key");
    }
}
