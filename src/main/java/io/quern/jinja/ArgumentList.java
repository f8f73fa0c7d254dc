package io.quern.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What stands between the brackets of a call.
 *
 * @param rest behind an asterisk, or null
 * @param namedRest behind two of them, or null
 */
record ArgumentList(
        List<Expression> positional,
        Map<String, Expression> named,
        @Nullable Expression rest,
        @Nullable Expression namedRest) {
    static final ArgumentList NONE = new ArgumentList(List.of(), Map.of(), null, null);

    Arguments evaluate(Frame frame) {
        if (positional.isEmpty() && named.isEmpty() && rest == null && namedRest == null) {
            return Arguments.NONE;
        }
        List<Object> values = new ArrayList<>(positional.size());
        for (Expression expression : positional) {
            values.add(expression.evaluate(frame));
        }
        if (rest != null) {
            values.addAll(Values.list(rest.evaluate(frame), frame.budget()));
        }
        Map<String, Object> namedValues = new LinkedHashMap<>();
        named.forEach((name, expression) -> namedValues.put(name, expression.evaluate(frame)));
        if (namedRest != null) {
            addRest(namedRest.evaluate(frame), namedValues);
        }
        return new Arguments(values, namedValues);
    }

    private static void addRest(Object value, Map<String, Object> named) {
        if (!(value instanceof Dict dict)) {
            throw new TemplateError("a dict is needed behind '**', not " + Values.typeName(Undefined.required(value)));
        }
        dict.forEach((key, element) -> {
            if (named.put(Values.text(key), element) != null) {
                throw new TemplateError("the argument '" + Values.text(key) + "' is given twice");
            }
        });
    }
}
