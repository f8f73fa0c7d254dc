package io.quern.jinja;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** The comparison operators, which Python chains: {@code a < b < c}. */
enum Comparison {
    EQUAL,
    NOT_EQUAL,
    LESS,
    LESS_OR_EQUAL,
    GREATER,
    GREATER_OR_EQUAL,
    IN,
    NOT_IN;

    /** Takes the next operator; null if the next token is none. */
    static @Nullable Comparison take(Tokens tokens) {
        if (tokens.at("not") && tokens.behind("in")) {
            tokens.take();
            tokens.take();
            return NOT_IN;
        }
        Comparison next = tokens.at(Token.Kind.STRING) ? null : of(tokens.peek().text());
        if (next != null) {
            tokens.take();
        }
        return next;
    }

    private static @Nullable Comparison of(String word) {
        return switch (word) {
            case "==" -> EQUAL;
            case "!=" -> NOT_EQUAL;
            case "<" -> LESS;
            case "<=" -> LESS_OR_EQUAL;
            case ">" -> GREATER;
            case ">=" -> GREATER_OR_EQUAL;
            case "in" -> IN;
            default -> null;
        };
    }

    static Expression chain(List<Expression> operands, List<Comparison> operators) {
        return frame -> {
            Object left = operands.getFirst().evaluate(frame);
            for (int i = 0; i < operators.size(); i++) {
                Object right = operands.get(i + 1).evaluate(frame);
                if (!operators.get(i).holds(left, right, frame.budget())) {
                    return false;
                }
                left = right;
            }
            return true;
        };
    }

    boolean holds(Object left, Object right, Budget budget) {
        return switch (this) {
            case EQUAL -> Values.equal(left, right, budget);
            case NOT_EQUAL -> !Values.equal(left, right, budget);
            case LESS -> ordered(left, right) && Values.compare(left, right, budget) < 0;
            case LESS_OR_EQUAL -> ordered(left, right) && Values.compare(left, right, budget) <= 0;
            case GREATER -> ordered(left, right) && Values.compare(left, right, budget) > 0;
            case GREATER_OR_EQUAL -> ordered(left, right) && Values.compare(left, right, budget) >= 0;
            case IN -> Values.contains(right, left, budget);
            case NOT_IN -> !Values.contains(right, left, budget);
        };
    }

    /** Returns whether the two can be ordered: NaN is neither less nor greater than anything. */
    private static boolean ordered(Object left, Object right) {
        boolean nan = left instanceof Double x && x.isNaN() || right instanceof Double y && y.isNaN();
        return !(nan && Numbers.isNumber(left) && Numbers.isNumber(right));
    }
}
