package io.quern.jinja;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** {@code namespace(...)}: the only object that a template may change. */
final class Namespace implements Attributes {
    private final Map<String, Object> values = new LinkedHashMap<>();

    @Override
    public @Nullable Object attribute(String name) {
        return values.get(name);
    }

    void set(String name, Object value) {
        values.put(name, value);
    }

    Dict toDict() {
        Dict dict = new Dict();
        values.forEach(dict::put);
        return dict;
    }
}
