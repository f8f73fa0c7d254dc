package io.quern.jinja;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import java.util.function.UnaryOperator;

/** jinja2's filters that apply another filter or a test, and {@code unique}. They create their elements on demand. */
final class Selections {
    private static final Signature UNIQUE = Signature.parse("unique: [case_sensitive], [attribute]");

    private Selections() {}

    static Map<String, Filter> all() {
        Map<String, Filter> all = new HashMap<>();
        all.put("map", Selections::map);
        all.put("select", (r, v, a) -> selected("select", r, v, a, false, true));
        all.put("reject", (r, v, a) -> selected("reject", r, v, a, false, false));
        all.put("selectattr", (r, v, a) -> selected("selectattr", r, v, a, true, true));
        all.put("rejectattr", (r, v, a) -> selected("rejectattr", r, v, a, true, false));
        all.put("unique", Selections::unique);
        all.put("format", Selections::format);
        return all;
    }

    private static Object map(Rendering rendering, Object value, Arguments arguments) {
        Budget budget = rendering.budget();
        Generator result = result("map", value, budget);
        if (!Values.truth(value)) {
            return result;
        }
        UnaryOperator<Object> made =
                arguments.positional().isEmpty() && arguments.named().containsKey("attribute")
                        ? attribute(arguments, budget)
                        : filter(rendering, arguments);
        return new Generator(result.what(), new Lazy(result.elements(), element -> true, made));
    }

    private static Generator result(String filter, Object value, Budget budget) {
        return new Generator(
                "the result of " + filter,
                Values.truth(value)
                        ? Values.iterator(value, budget)
                        : List.<Object>of().iterator());
    }

    private static UnaryOperator<Object> attribute(Arguments arguments, Budget budget) {
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        Selector selector = Selector.of(named.remove("attribute"), named.remove("default"), false);
        if (!named.isEmpty()) {
            throw new TemplateError(
                    "map has no argument '" + named.keySet().iterator().next() + "'");
        }
        return element -> selector.of(element, budget);
    }

    private static UnaryOperator<Object> filter(Rendering rendering, Arguments arguments) {
        if (arguments.positional().isEmpty()) {
            throw new TemplateError("map needs the name of a filter, or an attribute");
        }
        String name = Values.text(arguments.positional().getFirst());
        Filter filter = Filters.of(name);
        if (filter == null) {
            throw new TemplateError("there is no filter '" + name + "'");
        }
        Arguments rest = arguments.behind(1);
        return element -> filter.apply(rendering, element, rest);
    }

    private static Object selected(
            String name, Rendering rendering, Object value, Arguments arguments, boolean byAttribute, boolean wanted) {
        Budget budget = rendering.budget();
        Generator result = result(name, value, budget);
        if (!Values.truth(value)) {
            return result;
        }
        if (byAttribute && arguments.positional().isEmpty()) {
            throw new TemplateError(name + " needs the name of an attribute");
        }
        Selector selector = Selector.of(byAttribute ? arguments.positional().getFirst() : null, null, false);
        int taken = byAttribute ? 1 : 0;
        Predicate<Object> test = arguments.positional().size() == taken
                ? Values::truth
                : test(rendering, Values.text(arguments.positional().get(taken)), arguments.behind(taken + 1));
        return new Generator(
                result.what(),
                new Lazy(
                        result.elements(),
                        element -> test.test(selector.of(element, budget)) == wanted,
                        UnaryOperator.identity()));
    }

    private static Predicate<Object> test(Rendering rendering, String name, Arguments arguments) {
        Filter test = Tests.of(name);
        if (test == null) {
            throw new TemplateError("there is no test '" + name + "'");
        }
        return value -> Values.truth(test.apply(rendering, value, arguments));
    }

    private static Object unique(Rendering rendering, Object value, Arguments arguments) {
        Object[] given = UNIQUE.bind(arguments);
        Budget budget = rendering.budget();
        Selector selector = Selector.of(given[1], null, !SequenceFilters.is(given[0]));
        Dict seen = new Dict();
        return new Generator(
                "the result of unique",
                new Lazy(
                        Values.iterator(value, budget),
                        element -> {
                            Object key = selector.of(element, budget);
                            boolean fresh = !seen.contains(key, budget);
                            budget.elements(1);
                            seen.put(key, true, budget);
                            return fresh;
                        },
                        UnaryOperator.identity()));
    }

    private static Object format(Rendering rendering, Object value, Arguments arguments) {
        if (value instanceof Markup) {
            throw TemplateError.unsupported("formatting a safe text");
        }
        if (!arguments.positional().isEmpty() && !arguments.named().isEmpty()) {
            throw new TemplateError("format takes either positional or named arguments, not both");
        }
        Dict named = new Dict();
        arguments.named().forEach(named::put);
        Object values = arguments.named().isEmpty() ? new Tuple(arguments.positional()) : named;
        return Percent.apply(Text.of(value, rendering.budget()), values, rendering.budget());
    }
}
