package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;

/** Parses tuples, lists and dicts that are written out in a template; Python calls them displays. */
final class Displays {
    private final Tokens tokens;
    private final ExpressionParser expressions;

    Displays(Tokens tokens, ExpressionParser expressions) {
        this.tokens = tokens;
        this.expressions = expressions;
    }

    /** Parses a tuple or a single expression; the opening bracket has been taken. */
    Expression bracketed() {
        if (tokens.takeIf(")")) {
            return frame -> new Tuple(List.of());
        }
        Expression value = expressions.tupleOrOne();
        tokens.expect(")");
        return value;
    }

    /** Parses a list; the opening bracket has been taken. */
    Expression list() {
        List<Expression> elements = elements("]");
        return frame -> evaluated(elements, frame);
    }

    private List<Expression> elements(String end) {
        List<Expression> elements = new ArrayList<>();
        while (!tokens.at(end)) {
            if (!elements.isEmpty()) {
                tokens.expect(",");
                if (tokens.at(end)) {
                    break;
                }
            }
            elements.add(expressions.expression());
        }
        tokens.expect(end);
        return elements;
    }

    private static List<Object> evaluated(List<Expression> elements, Frame frame) {
        frame.budget().elements(elements.size());
        List<Object> values = new ArrayList<>(elements.size());
        for (Expression element : elements) {
            values.add(element.evaluate(frame));
        }
        return values;
    }

    static Expression tuple(List<Expression> elements) {
        return frame -> new Tuple(evaluated(elements, frame));
    }

    /** Parses a dict; the opening bracket has been taken. */
    Expression dict() {
        List<Expression> keys = new ArrayList<>();
        List<Expression> values = new ArrayList<>();
        while (!tokens.at("}")) {
            if (!keys.isEmpty()) {
                tokens.expect(",");
                if (tokens.at("}")) {
                    break;
                }
            }
            keys.add(expressions.expression());
            tokens.expect(":");
            values.add(expressions.expression());
        }
        tokens.expect("}");
        return frame -> {
            frame.budget().elements(2L * keys.size());
            Dict dict = new Dict();
            for (int i = 0; i < keys.size(); i++) {
                dict.put(keys.get(i).evaluate(frame), values.get(i).evaluate(frame), frame.budget());
            }
            return dict;
        };
    }
}
