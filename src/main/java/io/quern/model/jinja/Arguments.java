package io.quern.model.jinja;

import java.util.List;
import java.util.Map;

/** What a function, filter or test was called with. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    /** By place or, failing that, by name; {@code otherwise} where it is not there. */
    Object get(int index, String name, Object otherwise) {
        if (index < positional.size()) {
            return positional.get(index);
        }
        return named.getOrDefault(name, otherwise);
    }

    Object required(int index, String name) {
        Object value = get(index, name, null);
        if (value == null) {
            throw new TemplateError("the argument " + name + " is missing");
        }
        return value;
    }

    String text(int index, String name) {
        if (required(index, name) instanceof String text) {
            return text;
        }
        throw new TemplateError(
                "the argument " + name + " must be a string, is " + Values.typeName(required(index, name)));
    }

    int number(int index, String name, int otherwise) {
        return Values.index(get(index, name, (long) otherwise));
    }
}
