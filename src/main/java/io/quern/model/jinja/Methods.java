package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;

/** Methods of dictionaries and lists; those of strings are in {@link StringMethods}. None of them changes its object. */
final class Methods {
    private Methods() {}

    /** Null where there is no such method. */
    static Callable of(Object base, String name) {
        return switch (base) {
            case String text -> StringMethods.of(text, name);
            case Map<?, ?> map -> ofMap(map, name);
            case List<?> list -> ofList(list, name);
            default -> null;
        };
    }

    private static Callable ofMap(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (interpreter, arguments) -> items(interpreter.budget(), map);
            case "keys" -> (interpreter, arguments) -> copy(interpreter.budget(), map.keySet());
            case "values" -> (interpreter, arguments) -> copy(interpreter.budget(), map.values());
            case "get" ->
                (interpreter, arguments) -> {
                    Object key = Values.key(interpreter.budget(), arguments.required(0, "key"));
                    return map.containsKey(key) ? None.orValue(map.get(key)) : arguments.get(1, "default", None.NONE);
                };
            default -> null;
        };
    }

    private static List<Object> copy(Budget budget, Collection<?> elements) {
        budget.elements(elements.size());
        return new ArrayList<>(elements);
    }

    static List<Object> items(Budget budget, Map<?, ?> map) {
        budget.elements(3L * map.size());
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> items.add(List.of(key, None.orValue(value))));
        return items;
    }

    private static Callable ofList(List<?> list, String name) {
        return switch (name) {
            case "index" ->
                (interpreter, arguments) -> {
                    Object wanted = arguments.required(0, "value");
                    for (int i = 0; i < list.size(); i++) {
                        if (Values.equal(interpreter.budget(), list.get(i), wanted)) {
                            return (long) i;
                        }
                    }
                    throw new TemplateError(Text.representation(interpreter.budget(), wanted) + " is not in the list");
                };
            case "count" ->
                (interpreter, arguments) -> {
                    Object wanted = arguments.required(0, "value");
                    return list.stream()
                            .filter(element -> Values.equal(interpreter.budget(), element, wanted))
                            .count();
                };
            case "append", "extend", "insert", "pop", "remove", "clear", "sort", "reverse" ->
                (interpreter, arguments) -> {
                    // transformers renders in jinja2's immutable sandbox, which refuses these
                    throw new TemplateError("the method " + name + " would change a list, which templates may not");
                };
            default -> null;
        };
    }
}
