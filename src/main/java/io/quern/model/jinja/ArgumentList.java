package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Arguments before they are evaluated. */
record ArgumentList(List<Expression> positional, Map<String, Expression> named) {
    static final ArgumentList NONE = new ArgumentList(List.of(), Map.of());

    Arguments evaluate(PromptInterpreter interpreter) {
        if (positional.isEmpty() && named.isEmpty()) {
            return Arguments.NONE;
        }
        List<Object> values = new ArrayList<>(positional.size());
        for (Expression expression : positional) {
            values.add(expression.evaluate(interpreter));
        }
        Map<String, Object> namedValues = new LinkedHashMap<>();
        named.forEach((name, expression) -> namedValues.put(name, expression.evaluate(interpreter)));
        return new Arguments(values, namedValues);
    }
}
