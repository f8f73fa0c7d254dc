package io.quern.model.jinja;

import java.util.List;

/** The comparing operators, which Python chains: {@code a < b < c}. */
enum Comparison {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    IN,
    NOT_IN;

    /** Null where none stands next. */
    static Comparison take(TokenReader tokens) {
        if (tokens.at("not") && tokens.behind("in")) {
            tokens.take();
            tokens.take();
            return NOT_IN;
        }
        Comparison next = tokens.atString()
                ? null
                : switch (tokens.image()) {
                    case "==" -> EQUAL;
                    case "!=" -> NOT_EQUAL;
                    case "<" -> LESS;
                    case "<=" -> LESS_OR_EQUAL;
                    case ">" -> GREATER;
                    case ">=" -> GREATER_OR_EQUAL;
                    case "in" -> IN;
                    default -> null;
                };
        if (next != null) {
            tokens.take();
        }
        return next;
    }

    static Expression chain(List<Expression> operands, List<Comparison> operators) {
        return interpreter -> {
            interpreter.budget().step(operators.size());
            Object left = operands.getFirst().evaluate(interpreter);
            for (int i = 0; i < operators.size(); i++) {
                Object right = operands.get(i + 1).evaluate(interpreter);
                if (!operators.get(i).holds(interpreter.budget(), left, right)) {
                    return false;
                }
                left = right;
            }
            return true;
        };
    }

    private boolean holds(Budget budget, Object left, Object right) {
        return switch (this) {
            case EQUAL -> Values.equal(budget, left, right);
            case NOT_EQUAL -> !Values.equal(budget, left, right);
            case LESS -> Values.compare(budget, left, right) < 0;
            case LESS_OR_EQUAL -> Values.compare(budget, left, right) <= 0;
            case GREATER -> Values.compare(budget, left, right) > 0;
            case GREATER_OR_EQUAL -> Values.compare(budget, left, right) >= 0;
            case IN -> Values.contains(budget, right, left);
            case NOT_IN -> !Values.contains(budget, right, left);
        };
    }
}
