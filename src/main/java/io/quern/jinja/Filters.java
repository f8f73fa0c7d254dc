package io.quern.jinja;

import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** jinja2's filters by name. */
final class Filters {
    /** Filters of jinja2 that are not implemented here. */
    private static final Set<String> MISSING = Set.of("pprint", "random", "striptags", "urlize", "wordwrap", "xmlattr");

    static final Map<String, Filter> BY_NAME = new HashMap<>();

    static {
        TextFilters.all().forEach(Filters::with);
        NumberFilters.all().forEach(Filters::with);
        SequenceFilters.all().forEach(Filters::with);
        BY_NAME.putAll(Selections.all());
        with("default: [default_value], [boolean]", Filters::standing);
        with("d: [default_value], [boolean]", Filters::standing);
        with("attr: name", (v, a, b) -> {
            if (!Access.isKeptBack(Values.text(a[0]))) {
                Undefined.required(v);
            }
            Object attribute = Access.own(v, Values.text(a[0]));
            return attribute == null ? Undefined.of("there is no attribute '" + Values.text(a[0]) + "'") : attribute;
        });
        with("tojson: [ensure_ascii], [indent], [separators], [sort_keys]", Json::write);
    }

    private Filters() {}

    private static void with(String signature, Filter.Plain filter) {
        Signature parsed = Signature.parse(signature);
        BY_NAME.put(parsed.function(), Filter.of(parsed, filter));
    }

    private static Object standing(Object value, @Nullable Object[] given, Budget budget) {
        boolean falseToo = given[1] != null && Values.truth(given[1]);
        boolean missing = value instanceof Undefined || falseToo && !Values.truth(value);
        return missing ? given[0] == null ? "" : given[0] : value;
    }

    /** Returns null if jinja2 has no filter of that name either. */
    static @Nullable Filter of(String name) {
        if (MISSING.contains(name)) {
            return (rendering, value, arguments) -> {
                throw TemplateError.unsupported("the filter " + name);
            };
        }
        return BY_NAME.get(name);
    }
}
