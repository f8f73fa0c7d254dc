package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Selects a part of each element, for filters such as {@code map(attribute="a.b")}: a path of names and indices. */
record Selector(List<Object> path, @Nullable Object otherwise, boolean ignoreCase) {

    /**
     * @param attribute null or None for the element itself
     * @param otherwise the value for a missing attribute, or null
     */
    static Selector of(@Nullable Object attribute, @Nullable Object otherwise, boolean ignoreCase) {
        List<Object> path = new ArrayList<>();
        if (attribute instanceof String names) {
            for (String name : names.split("\\.", -1)) {
                path.add(
                        !name.isEmpty() && name.chars().allMatch(Character::isDigit)
                                ? (Object) Long.valueOf(name)
                                : name);
            }
        } else if (attribute != null && attribute != None.NONE) {
            path.add(attribute);
        }
        return new Selector(path, otherwise == None.NONE ? null : otherwise, ignoreCase);
    }

    Object of(Object element, Budget budget) {
        Object value = element;
        for (Object part : path) {
            value = Access.element(value, part, budget);
            if (value instanceof Undefined && otherwise != null) {
                value = otherwise;
            }
        }
        return ignoreCase ? lower(value, budget) : value;
    }

    static Object lower(Object value, Budget budget) {
        if (!Values.isText(value)) {
            return value;
        }
        String text = Values.text(value);
        budget.text(text.length());
        budget.steps(text.length());
        return Casing.lower(text);
    }
}
