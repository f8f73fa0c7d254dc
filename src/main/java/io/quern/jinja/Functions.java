package io.quern.jinja;

import java.time.ZonedDateTime;
import java.util.Iterator;
import java.util.List;
import java.util.Map;

/** The global functions that every template can call: those of jinja2 and those that transformers adds. */
final class Functions {
    private static final Signature MESSAGE = Signature.parse("raise_exception: message");
    private static final Signature FORMAT = Signature.parse("strftime_now: format");
    private static final Signature RANGE = Signature.parse("range: _, [_], [_]");
    private static final Signature SEPARATOR = Signature.parse("joiner: [sep]");

    static final Map<String, Object> GLOBALS = Map.of(
            "raise_exception", (Callable) Functions::raise,
            "strftime_now", (Callable) Functions::now,
            "range", (Callable) Functions::range,
            "namespace", (Callable) Functions::namespace,
            "dict", (Callable) Functions::dict,
            "cycler", (Callable) Functions::cycler,
            "joiner", (Callable) Functions::joiner,
            "lipsum", (Callable) Functions::lipsum,
            "self", (Callable) Functions::self);

    private Functions() {}

    /** Calls {@code function(...)}. */
    static Object call(Object function, Arguments arguments, Frame frame) {
        frame.budget().step();
        if (Undefined.required(function) instanceof Callable callable) {
            return callable.call(frame.rendering(), arguments);
        }
        throw new TemplateError(Values.typeName(function) + " cannot be called");
    }

    private static Object raise(Rendering rendering, Arguments arguments) {
        throw TemplateError.raised(Text.of(MESSAGE.bind(arguments)[0], rendering.budget()));
    }

    private static Object now(Rendering rendering, Arguments arguments) {
        String format = Values.text(FORMAT.bind(arguments)[0]);
        rendering.budget().steps(format.length());
        return Strftime.format(ZonedDateTime.now(rendering.clock()), format);
    }

    private static Object range(Rendering rendering, Arguments arguments) {
        Object[] given = RANGE.bind(arguments);
        long first = Numbers.whole(given[0]);
        return given[1] == null
                ? new Range(0, first, 1)
                : new Range(first, Numbers.whole(given[1]), given[2] == null ? 1 : Numbers.whole(given[2]));
    }

    private static Object namespace(Rendering rendering, Arguments arguments) {
        Namespace namespace = new Namespace();
        ((Dict) dict(rendering, arguments)).forEach((name, value) -> namespace.set(Values.text(name), value));
        return namespace;
    }

    private static Object dict(Rendering rendering, Arguments arguments) {
        if (arguments.positional().size() > 1) {
            throw new TemplateError("dict takes at most one positional argument");
        }
        Budget budget = rendering.budget();
        Dict dict = new Dict();
        for (Object base : arguments.positional()) {
            if (Undefined.required(base) instanceof Dict other) {
                budget.elements(other.size());
                other.forEach((key, value) -> dict.put(key, value, budget));
            } else {
                for (Iterator<Object> pairs = Values.iterator(base, budget); pairs.hasNext(); ) {
                    List<Object> pair = Values.list(pairs.next(), budget);
                    if (pair.size() != 2) {
                        throw new TemplateError("dict expects pairs");
                    }
                    dict.put(pair.get(0), pair.get(1), budget);
                }
            }
        }
        budget.elements(arguments.named().size());
        arguments.named().forEach(dict::put);
        return dict;
    }

    private static Object cycler(Rendering rendering, Arguments arguments) {
        if (!arguments.named().isEmpty()) {
            throw new TemplateError("cycler takes no named arguments");
        }
        return new Cycler(arguments.positional());
    }

    private static Object joiner(Rendering rendering, Arguments arguments) {
        Object given = SEPARATOR.bind(arguments)[0];
        String separator = given == null ? ", " : Values.text(given);
        boolean[] used = {false};
        return (Callable) (inner, none) -> {
            if (!used[0]) {
                used[0] = true;
                return "";
            }
            return separator;
        };
    }

    private static Object self(Rendering rendering, Arguments arguments) {
        throw TemplateError.unsupported("self, which refers to blocks,");
    }

    private static Object lipsum(Rendering rendering, Arguments arguments) {
        throw TemplateError.unsupported("lipsum, which creates random texts,");
    }
}
