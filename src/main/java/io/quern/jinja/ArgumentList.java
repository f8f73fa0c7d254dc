package io.quern.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The arguments in a call, not yet evaluated.
 *
 * @param rest the expression after {@code *}, or null
 * @param namedRest the expression after {@code **}, or null
 */
record ArgumentList(
        List<Expression> positional,
        Map<String, Expression> named,
        @Nullable Expression rest,
        @Nullable Expression namedRest) {
    static final ArgumentList NONE = new ArgumentList(List.of(), Map.of(), null, null);

    /** Parses the arguments from the opening to the closing bracket. */
    static ArgumentList read(Tokens tokens, ExpressionParser expressions) {
        tokens.expect("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        Expression rest = null;
        Expression namedRest = null;
        boolean first = true;
        while (!tokens.at(")")) {
            if (!first) {
                tokens.expect(",");
                if (tokens.at(")")) {
                    break;
                }
            }
            first = false;
            if (namedRest != null) {
                throw tokens.error("no argument may follow '**'");
            }
            if (tokens.takeIf("**")) {
                namedRest = expressions.expression();
            } else if (rest == null && tokens.takeIf("*")) {
                rest = expressions.expression();
            } else if (tokens.at(Token.Kind.NAME) && tokens.behind("=")) {
                String name = tokens.name();
                tokens.expect("=");
                if (named.put(name, expressions.expression()) != null) {
                    throw tokens.error("the argument '" + name + "' is given twice");
                }
            } else if (rest == null && named.isEmpty()) {
                positional.add(expressions.expression());
            } else {
                throw tokens.error("positional arguments must come before named ones");
            }
        }
        tokens.expect(")");
        return new ArgumentList(positional, named, rest, namedRest);
    }

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
            throw new TemplateError("expected a dict after '**', got " + Values.typeName(Undefined.required(value)));
        }
        dict.forEach((key, element) -> {
            if (named.put(Values.text(key), element) != null) {
                throw new TemplateError("the argument '" + Values.text(key) + "' is given twice");
            }
        });
    }
}
