package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;

/** Parses expressions by jinja2's grammar, with one method per level of precedence, lowest first. */
final class ExpressionParser {
    private final Tokens tokens;
    private final OperandParser operands;

    /** @param names collects each name that an expression reads */
    ExpressionParser(Tokens tokens, Names names) {
        this.tokens = tokens;
        this.operands = new OperandParser(tokens, names, this);
    }

    /** Parses an expression, or a tuple without brackets such as {@code a, b}. */
    Expression tupleOrOne() {
        return tupleOrOne(true);
    }

    /** @param conditional whether the expressions may contain {@code if} */
    Expression tupleOrOne(boolean conditional) {
        Expression first = conditional ? expression() : disjunction();
        if (!tokens.at(",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (tokens.takeIf(",") && !endsTuple()) {
            elements.add(conditional ? expression() : disjunction());
        }
        return Displays.tuple(elements);
    }

    private boolean endsTuple() {
        return tokens.atEnd() || tokens.at(")") || tokens.at("recursive") || tokens.at("if");
    }

    Expression expression() {
        Expression value = disjunction();
        while (tokens.takeIf("if")) {
            Expression then = value;
            Expression condition = disjunction();
            Expression otherwise = tokens.takeIf("else")
                    ? expression()
                    : frame -> Undefined.of("the condition is false and there is no else");
            value = frame -> Values.truth(condition.evaluate(frame)) ? then.evaluate(frame) : otherwise.evaluate(frame);
        }
        return value;
    }

    private Expression disjunction() {
        Expression left = conjunction();
        while (tokens.takeIf("or")) {
            Expression first = left;
            Expression second = conjunction();
            left = frame -> {
                Object value = first.evaluate(frame);
                return Values.truth(value) ? value : second.evaluate(frame);
            };
        }
        return left;
    }

    private Expression conjunction() {
        Expression left = negation();
        while (tokens.takeIf("and")) {
            Expression first = left;
            Expression second = negation();
            left = frame -> {
                Object value = first.evaluate(frame);
                return Values.truth(value) ? second.evaluate(frame) : value;
            };
        }
        return left;
    }

    private Expression negation() {
        if (tokens.at("not") && !tokens.behind("in")) {
            tokens.take();
            Expression value = negation();
            return frame -> !Values.truth(value.evaluate(frame));
        }
        return comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<Expression> operands = new ArrayList<>(List.of(first));
        List<Comparison> operators = new ArrayList<>();
        for (Comparison operator = Comparison.take(tokens); operator != null; operator = Comparison.take(tokens)) {
            operators.add(operator);
            operands.add(sum());
        }
        return operators.isEmpty() ? first : Comparison.chain(operands, operators);
    }

    private Expression sum() {
        Expression left = concatenation();
        while (tokens.at("+") || tokens.at("-")) {
            boolean plus = tokens.take().is("+");
            Expression a = left;
            Expression b = concatenation();
            left = plus
                    ? frame -> Operators.add(a.evaluate(frame), b.evaluate(frame), frame.budget())
                    : frame -> Operators.subtract(a.evaluate(frame), b.evaluate(frame), frame.budget());
        }
        return left;
    }

    private Expression concatenation() {
        Expression first = product();
        if (!tokens.at("~")) {
            return first;
        }
        List<Expression> parts = new ArrayList<>(List.of(first));
        while (tokens.takeIf("~")) {
            parts.add(product());
        }
        return frame ->
                Operators.join(parts.stream().map(part -> part.evaluate(frame)).toList(), frame.budget());
    }

    private Expression product() {
        Expression left = power();
        while (tokens.at("*") || tokens.at("/") || tokens.at("//") || tokens.at("%")) {
            String operator = tokens.take().text();
            Expression a = left;
            Expression b = power();
            left = switch (operator) {
                case "*" -> frame -> Operators.multiply(a.evaluate(frame), b.evaluate(frame), frame.budget());
                case "/" -> frame -> Operators.divide(a.evaluate(frame), b.evaluate(frame));
                case "//" -> frame -> Operators.floorDivide(a.evaluate(frame), b.evaluate(frame));
                default -> frame -> Operators.modulo(a.evaluate(frame), b.evaluate(frame), frame.budget());
            };
        }
        return left;
    }

    private Expression power() {
        Expression left = signed(true);
        while (tokens.takeIf("**")) {
            Expression a = left;
            Expression b = signed(true);
            left = frame -> Operators.power(a.evaluate(frame), b.evaluate(frame), frame.budget());
        }
        return left;
    }

    private Expression signed(boolean filtered) {
        Expression value;
        if (tokens.takeIf("-")) {
            Expression positive = signed(false);
            value = frame -> Operators.negate(positive.evaluate(frame));
        } else if (tokens.takeIf("+")) {
            Expression same = signed(false);
            value = frame -> Operators.plus(same.evaluate(frame));
        } else {
            value = operands.primary();
        }
        value = operands.postfix(value);
        return filtered ? operands.filters(value) : value;
    }

    /** Parses what follows a value: filters, tests, and calls of their results. */
    Expression filters(Expression first) {
        return operands.filters(first);
    }

    /** Parses the call in the statement {@code call}. */
    OperandParser.Call call() {
        return operands.call();
    }
}
