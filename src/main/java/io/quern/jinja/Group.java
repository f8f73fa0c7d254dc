package io.quern.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One group of the filter {@code groupby}: a tuple whose two elements have names. */
final class Group extends Tuple implements Attributes {
    Group(Object grouper, List<Object> list) {
        super(List.of(grouper, list));
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "grouper" -> get(0);
            case "list" -> get(1);
            default -> null;
        };
    }
}
