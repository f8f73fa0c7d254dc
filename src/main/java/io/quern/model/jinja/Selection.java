package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** The filters that take a filter, a test or an attribute's name as their argument. */
final class Selection {
    private Selection() {}

    static Object map(PromptInterpreter interpreter, Object value, Arguments arguments) {
        Object attribute = arguments.named().get("attribute");
        Filter filter = attribute == null ? Filters.named(arguments.text(0, "filter")) : null;
        List<Object> path = attribute == null ? List.of() : path(interpreter, attribute);
        List<Object> mapped = new ArrayList<>();
        for (Object element : elements(interpreter.budget(), value)) {
            interpreter.budget().element();
            if (filter != null) {
                mapped.add(filter.apply(interpreter, element, behind(arguments, 1)));
            } else {
                Object found = follow(interpreter, element, path);
                boolean missing =
                        found instanceof Undefined && arguments.named().containsKey("default");
                mapped.add(missing ? arguments.named().get("default") : found);
            }
        }
        return mapped;
    }

    static Object select(PromptInterpreter interpreter, Object value, Arguments arguments, boolean keep) {
        Test test = arguments.positional().isEmpty() ? null : Tests.named(arguments.text(0, "test"));
        List<Object> selected = new ArrayList<>();
        for (Object element : elements(interpreter.budget(), value)) {
            interpreter.budget().element();
            boolean holds = test == null
                    ? Values.truth(element)
                    : test.holds(interpreter.budget(), element, behind(arguments, 1));
            if (holds == keep) {
                selected.add(element);
            }
        }
        return selected;
    }

    static Object selectAttribute(PromptInterpreter interpreter, Object value, Arguments arguments, boolean keep) {
        List<Object> path = path(interpreter, arguments.text(0, "attribute"));
        Test test = arguments.positional().size() < 2 ? null : Tests.named(arguments.text(1, "test"));
        List<Object> selected = new ArrayList<>();
        for (Object element : elements(interpreter.budget(), value)) {
            interpreter.budget().element();
            Object found = follow(interpreter, element, path);
            boolean holds =
                    test == null ? Values.truth(found) : test.holds(interpreter.budget(), found, behind(arguments, 2));
            if (holds == keep) {
                selected.add(element);
            }
        }
        return selected;
    }

    /** As jinja2 has it, these filters take whatever is false for nothing to go through. */
    private static List<Object> elements(Budget budget, Object value) {
        return Values.truth(value) ? Values.elements(budget, value) : List.of();
    }

    /** {@code a.0.b}, cut once for all elements. */
    private static List<Object> path(PromptInterpreter interpreter, Object attribute) {
        String text = Text.of(interpreter.budget(), attribute);
        interpreter.budget().elements(text.length());
        List<Object> path = new ArrayList<>();
        for (String part : text.split("\\.")) {
            boolean index = !part.isEmpty() && part.chars().allMatch(c -> c >= '0' && c <= '9') && part.length() < 10;
            path.add(index ? (Object) Long.parseLong(part) : part);
        }
        return path;
    }

    private static Object follow(PromptInterpreter interpreter, Object element, List<Object> path) {
        Object found = element;
        for (Object part : path) {
            found = Subscript.item(interpreter.budget(), found, part);
        }
        return found;
    }

    private static Arguments behind(Arguments arguments, int count) {
        return new Arguments(
                arguments.positional().subList(count, arguments.positional().size()), Map.of());
    }
}
