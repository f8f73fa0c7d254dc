package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What filters such as {@code map(attribute="a.b")} look at in each element: a path of names and places. */
record Selector(List<Object> path, @Nullable Object otherwise, boolean ignoreCase) {

    /**
     * @param attribute null or None: the element itself
     * @param otherwise null, or what stands for a missing one
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
