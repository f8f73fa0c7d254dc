package io.quern.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A macro that can be called.
 *
 * @param definition the frame in which it was defined; its body reads the names of this frame, not those of its caller
 */
record Macro(MacroBody macro, Frame definition) implements Callable, Attributes {

    @Override
    public @Nullable Object attribute(String name) {
        return switch (name) {
            case "name" -> macro.name();
            case "arguments" ->
                new Tuple(macro.parameters().stream()
                        .map(parameter -> (Object) parameter.name())
                        .toList());
            case "catch_kwargs" -> macro.reads().contains("kwargs");
            case "catch_varargs" -> macro.reads().contains("varargs");
            case "caller" -> macro.reads().contains("caller");
            default -> null;
        };
    }

    @Override
    public Object call(Rendering rendering, Arguments arguments) {
        rendering.budget().step();
        Frame inside = definition.inner();
        Map<String, Object> named = new LinkedHashMap<>(arguments.named());
        List<Object> positional = arguments.positional();
        for (int i = 0; i < macro.parameters().size(); i++) {
            MacroBody.Parameter parameter = macro.parameters().get(i);
            Object given = i < positional.size() ? positional.get(i) : named.remove(parameter.name());
            inside.set(parameter.name(), given == null ? standing(parameter, inside) : given);
        }
        further(inside, positional, named);
        Output out = new Output(rendering.budget());
        macro.body().render(inside, out);
        return out.text();
    }

    private static Object standing(MacroBody.Parameter parameter, Frame inside) {
        return parameter.otherwise() == null
                ? Undefined.of("parameter '" + parameter.name() + "' was not provided")
                : parameter.otherwise().evaluate(inside);
    }

    private void further(Frame inside, List<Object> positional, Map<String, Object> named) {
        boolean declared = macro.parameters().stream()
                .anyMatch(parameter -> parameter.name().equals("caller"));
        if (macro.reads().contains("caller") && !declared) {
            Object caller = named.remove("caller");
            inside.set("caller", caller == null ? Undefined.of("there is no caller") : caller);
        }
        if (macro.reads().contains("kwargs")) {
            Dict rest = new Dict();
            named.forEach(rest::put);
            inside.set("kwargs", rest);
        } else if (!named.isEmpty()) {
            throw new TemplateError("the macro " + macro.name() + " has no parameter "
                    + named.keySet().iterator().next());
        }
        int count = macro.parameters().size();
        if (macro.reads().contains("varargs")) {
            inside.set("varargs", new Tuple(positional.subList(Math.min(count, positional.size()), positional.size())));
        } else if (positional.size() > count) {
            throw new TemplateError(
                    "the macro " + macro.name() + " takes " + count + " arguments, but got " + positional.size());
        }
    }
}
