package io.quern.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The object that {@code cycler(...)} returns: it yields its values in turn. */
final class Cycler implements Attributes {
    private final List<Object> values;
    private int place;

    Cycler(List<Object> values) {
        if (values.isEmpty()) {
            throw new TemplateError("cycler needs at least one value");
        }
        this.values = values;
    }

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "current" -> values.get(place);
            case "next" ->
                (Callable) (rendering, arguments) -> {
                    Object current = values.get(place);
                    place = (place + 1) % values.size();
                    return current;
                };
            case "reset" ->
                (Callable) (rendering, arguments) -> {
                    place = 0;
                    return None.NONE;
                };
            default -> null;
        };
    }
}
