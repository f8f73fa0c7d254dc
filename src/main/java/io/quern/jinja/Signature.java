package io.quern.jinja;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The parameters of a function implemented here. An unknown argument is refused, never ignored.
 *
 * @param parameters in their order; one with an empty name can only be passed by position
 * @param required how many of them, from the first, must be given
 */
record Signature(String function, List<String> parameters, int required) {

    /** Parses text such as {@code "replace: old, new, [count]"}; {@code _} is a parameter without a name. */
    static Signature parse(String text) {
        String[] parts = text.split(":", 2);
        if (parts[1].isBlank()) {
            return new Signature(parts[0], List.of(), 0);
        }
        List<String> words = List.of(parts[1].strip().split(",\\s*"));
        int required =
                (int) words.stream().filter(word -> !word.startsWith("[")).count();
        List<String> names = words.stream()
                .map(word -> word.replaceAll("[\\[\\]]", ""))
                .map(word -> word.startsWith("_") ? "" : word)
                .toList();
        return new Signature(parts[0], names, required);
    }

    /** Returns the arguments in the order of the parameters; null for each that is not given. */
    @Nullable
    Object[] bind(Arguments arguments) {
        List<Object> positional = arguments.positional();
        if (positional.size() > parameters.size()) {
            throw new TemplateError("%s takes at most %d arguments, but got %d"
                    .formatted(function, parameters.size(), positional.size()));
        }
        @Nullable Object[] bound = new @Nullable Object[parameters.size()];
        for (int i = 0; i < positional.size(); i++) {
            bound[i] = positional.get(i);
        }
        for (Map.Entry<String, Object> named : arguments.named().entrySet()) {
            int place = named.getKey().isEmpty() ? -1 : parameters.indexOf(named.getKey());
            if (place < 0) {
                throw new TemplateError("%s has no argument '%s'".formatted(function, named.getKey()));
            }
            if (bound[place] != null) {
                throw new TemplateError("%s got the argument '%s' twice".formatted(function, named.getKey()));
            }
            bound[place] = named.getValue();
        }
        for (int i = 0; i < required; i++) {
            if (bound[i] == null) {
                throw new TemplateError("%s needs %s"
                        .formatted(function, parameters.get(i).isEmpty() ? "an argument" : parameters.get(i)));
            }
        }
        return bound;
    }
}
