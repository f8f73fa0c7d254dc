package io.quern.model.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** {@code namespace(...)}: the only object a template may change. */
final class Namespace implements Attributes {
    private final Map<String, Object> values;

    Namespace(Map<String, Object> values) {
        this.values = new LinkedHashMap<>(values);
    }

    @Override
    public Object attribute(String name) {
        return values.get(name);
    }

    void set(String name, Object value) {
        values.put(name, value);
    }
}
