package io.quern.jinja;

import java.util.List;
import java.util.Map;

/** The evaluated arguments of a call. */
record Arguments(List<Object> positional, Map<String, Object> named) {
    static final Arguments NONE = new Arguments(List.of(), Map.of());

    static Arguments of(Object... positional) {
        return new Arguments(List.of(positional), Map.of());
    }

    /** Returns the arguments without the first {@code count} positional ones. */
    Arguments behind(int count) {
        return new Arguments(positional.subList(Math.min(count, positional.size()), positional.size()), named);
    }
}
