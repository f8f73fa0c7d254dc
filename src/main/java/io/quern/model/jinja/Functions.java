package io.quern.model.jinja;

import java.time.Clock;
import java.time.ZonedDateTime;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** The names a template finds beside what it is given: those of jinja2 and those that transformers adds. */
final class Functions {
    private Functions() {}

    static Map<String, Object> all(Clock clock) {
        Map<String, Object> all = new HashMap<>();
        all.put("none", None.NONE);
        all.put("None", None.NONE);
        all.put("true", true);
        all.put("True", true);
        all.put("false", false);
        all.put("False", false);
        Callable raise = (interpreter, arguments) -> {
            throw new TemplateError(
                    TemplateException.Fault.RAISED,
                    Text.of(interpreter.budget(), arguments.get(0, "message", "the template refuses")));
        };
        all.put("raise_exception", raise);
        Callable now = (interpreter, arguments) ->
                Strftime.format(interpreter.budget(), ZonedDateTime.now(clock), arguments.text(0, "format"));
        all.put("strftime_now", now);
        Callable range = (interpreter, arguments) -> range(interpreter, arguments.positional());
        all.put("range", range);
        Callable namespace = (interpreter, arguments) -> new Namespace(dict(interpreter.budget(), arguments));
        all.put("namespace", namespace);
        Callable dict = (interpreter, arguments) -> dict(interpreter.budget(), arguments);
        all.put("dict", dict);
        return all;
    }

    private static Map<String, Object> dict(Budget budget, Arguments arguments) {
        Map<String, Object> dict = new LinkedHashMap<>();
        for (Object base : arguments.positional()) {
            if (!(base instanceof Map<?, ?> map)) {
                throw new TemplateError("a dict is needed, not " + Values.typeName(base));
            }
            budget.elements(2L * map.size());
            map.forEach((key, value) -> dict.put(Text.of(budget, key), value));
        }
        budget.elements(2L * arguments.named().size());
        dict.putAll(arguments.named());
        return dict;
    }

    private static List<Object> range(PromptInterpreter interpreter, List<Object> bounds) {
        if (bounds.isEmpty() || bounds.size() > 3) {
            throw new TemplateError("range needs one to three numbers");
        }
        long start = bounds.size() == 1 ? 0 : Values.index(bounds.get(0));
        long stop = Values.index(bounds.get(bounds.size() == 1 ? 0 : 1));
        long step = bounds.size() == 3 ? Values.index(bounds.get(2)) : 1;
        if (step == 0) {
            throw new TemplateError("range's step cannot be zero");
        }
        interpreter.budget().elements(Math.max(0, (stop - start) / step + 1));
        List<Object> numbers = new ArrayList<>();
        for (long i = start; step > 0 ? i < stop : i > stop; i += step) {
            numbers.add(i);
        }
        return numbers;
    }
}
