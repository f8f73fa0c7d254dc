package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Reads expressions by jinja2's grammar, whose precedences differ from those of jinjava's own parser ({@code not a == b} is
 * {@code (not a) == b} there). One method per level, the weakest first.
 */
final class ExpressionParser {
    private static final Set<String> KEYWORDS = Set.of("and", "else", "if", "in", "is", "not", "or");

    private final TokenReader tokens;

    ExpressionParser(TokenReader tokens) {
        this.tokens = tokens;
    }

    /** The whole of the text as one expression. */
    static Expression parse(String text, int line) {
        TokenReader tokens = new TokenReader(text, line);
        Expression expression = new ExpressionParser(tokens).tupleOrOne();
        tokens.expectEnd();
        return expression;
    }

    /** {@code a, b} without brackets is a tuple. */
    Expression tupleOrOne() {
        Expression first = expression();
        if (!tokens.at(",")) {
            return first;
        }
        List<Expression> elements = new ArrayList<>(List.of(first));
        while (tokens.takeIf(",") && !tokens.atEnd()) {
            elements.add(expression());
        }
        return list(elements);
    }

    Expression expression() {
        Expression value = withoutCondition();
        while (tokens.takeIf("if")) {
            Expression then = value;
            Expression condition = withoutCondition();
            Expression otherwise =
                    tokens.takeIf("else") ? expression() : i -> new Undefined("the value of an if without else");
            value = i -> {
                i.step();
                return Values.truth(condition.evaluate(i)) ? then.evaluate(i) : otherwise.evaluate(i);
            };
        }
        return value;
    }

    /** As in {@code for x in ... if ...}, where {@code if} means something else. */
    Expression withoutCondition() {
        Expression left = conjunction();
        while (tokens.takeIf("or")) {
            Expression a = left;
            Expression b = conjunction();
            left = i -> {
                i.step();
                Object value = a.evaluate(i);
                return Values.truth(value) ? value : b.evaluate(i);
            };
        }
        return left;
    }

    private Expression conjunction() {
        Expression left = negation();
        while (tokens.takeIf("and")) {
            Expression a = left;
            Expression b = negation();
            left = i -> {
                i.step();
                Object value = a.evaluate(i);
                return Values.truth(value) ? b.evaluate(i) : value;
            };
        }
        return left;
    }

    private Expression negation() {
        if (tokens.takeIf("not")) {
            Expression operand = negation();
            return i -> {
                i.step();
                return !Values.truth(operand.evaluate(i));
            };
        }
        return comparison();
    }

    private Expression comparison() {
        Expression first = sum();
        List<Expression> operands = new ArrayList<>(List.of(first));
        List<Comparison> operators = new ArrayList<>();
        for (Comparison next = Comparison.take(tokens); next != null; next = Comparison.take(tokens)) {
            operators.add(next);
            operands.add(sum());
        }
        return operators.isEmpty() ? first : Comparison.chain(operands, operators);
    }

    private Expression sum() {
        Expression left = concatenation();
        while (tokens.at("+") || tokens.at("-")) {
            boolean plus = tokens.take().equals("+");
            Expression a = left;
            Expression b = concatenation();
            left = plus
                    ? i -> i.arithmetic().add(a.evaluate(i), b.evaluate(i))
                    : i -> i.arithmetic().subtract(a.evaluate(i), b.evaluate(i));
        }
        return left;
    }

    private Expression concatenation() {
        Expression left = product();
        while (tokens.takeIf("~")) {
            Expression a = left;
            Expression b = product();
            left = i -> i.arithmetic().concat(Text.of(i.budget(), a.evaluate(i)), Text.of(i.budget(), b.evaluate(i)));
        }
        return left;
    }

    private Expression product() {
        Expression left = sign();
        while (tokens.at("*") || tokens.at("/") || tokens.at("//") || tokens.at("%")) {
            String operator = tokens.take();
            Expression a = left;
            Expression b = sign();
            left = switch (operator) {
                case "*" -> i -> i.arithmetic().multiply(a.evaluate(i), b.evaluate(i));
                case "/" -> i -> i.arithmetic().divide(a.evaluate(i), b.evaluate(i));
                case "//" -> i -> i.arithmetic().floorDivide(a.evaluate(i), b.evaluate(i));
                default -> i -> i.arithmetic().modulo(a.evaluate(i), b.evaluate(i));
            };
        }
        return left;
    }

    private Expression sign() {
        return filteredAndTested(signed());
    }

    private Expression signed() {
        if (tokens.takeIf("-")) {
            Expression operand = signed();
            return i -> i.arithmetic().negate(operand.evaluate(i));
        }
        if (tokens.takeIf("+")) {
            return signed();
        }
        Expression base = postfix(primary());
        if (tokens.takeIf("**")) {
            Expression exponent = signed();
            return i -> i.arithmetic().power(base.evaluate(i), exponent.evaluate(i));
        }
        return base;
    }

    private Expression filteredAndTested(Expression value) {
        Expression result = value;
        while (true) {
            if (tokens.takeIf("|")) {
                result = filter(result);
            } else if (tokens.takeIf("is")) {
                result = test(result);
            } else if (tokens.at("(")) {
                result = call(result);
            } else {
                return result;
            }
        }
    }

    /** {@code name | name ...}, as a filter block has it. */
    Expression filters(Expression value) {
        Expression result = filter(value);
        while (tokens.takeIf("|")) {
            result = filter(result);
        }
        return result;
    }

    private Expression filter(Expression value) {
        String name = tokens.name();
        Filter filter = Filters.named(name);
        ArgumentList arguments = tokens.at("(") ? arguments() : ArgumentList.NONE;
        return i -> {
            i.step();
            return filter.apply(i, value.evaluate(i), arguments.evaluate(i));
        };
    }

    private Expression test(Expression value) {
        boolean negated = tokens.takeIf("not");
        String name = tokens.take();
        Test test = Tests.named(name);
        ArgumentList arguments = ArgumentList.NONE;
        if (tokens.at("(")) {
            arguments = arguments();
        } else if (startsOperand()) {
            arguments = new ArgumentList(List.of(postfix(primary())), Map.of());
        }
        ArgumentList given = arguments;
        return i -> {
            i.step();
            return test.holds(i.budget(), value.evaluate(i), given.evaluate(i)) != negated;
        };
    }

    private boolean startsOperand() {
        return tokens.atString()
                || tokens.atWhole()
                || tokens.atReal()
                || tokens.at("[")
                || tokens.at("{")
                || tokens.atName() && !KEYWORDS.contains(tokens.image());
    }

    private Expression postfix(Expression base) {
        Expression result = base;
        while (true) {
            Expression value = result;
            if (tokens.takeIf(".")) {
                String name = tokens.atWhole() ? tokens.take() : tokens.name();
                Long index = Character.isDigit(name.charAt(0)) ? place(name) : null;
                result = index != null
                        ? i -> Subscript.item(i.budget(), value.evaluate(i), index)
                        : i -> Subscript.attribute(i.budget(), value.evaluate(i), name);
            } else if (tokens.takeIf("[")) {
                result = subscript(value);
            } else if (tokens.at("(")) {
                result = call(value);
            } else {
                return result;
            }
        }
    }

    private Long place(String digits) {
        try {
            return Long.parseLong(digits);
        } catch (NumberFormatException e) {
            throw tokens.syntaxError("the number is too large");
        }
    }

    private Expression call(Expression callee) {
        ArgumentList arguments = arguments();
        return i -> {
            i.step();
            return switch (callee.evaluate(i)) {
                case Callable function -> function.call(i, arguments.evaluate(i));
                case Undefined undefined -> throw undefined.error();
                case Object other -> throw new TemplateError(Values.typeName(other) + " cannot be called");
            };
        };
    }

    private Expression subscript(Expression base) {
        Expression first = tokens.at(":") ? null : tupleOrOne();
        if (tokens.takeIf("]")) {
            return i -> Subscript.item(i.budget(), base.evaluate(i), first.evaluate(i));
        }
        tokens.expect(":");
        Expression second = tokens.at(":") || tokens.at("]") ? null : expression();
        Expression third = tokens.takeIf(":") && !tokens.at("]") ? expression() : null;
        tokens.expect("]");
        return i -> Subscript.slice(
                i.budget(), base.evaluate(i), optional(first, i), optional(second, i), optional(third, i));
    }

    private static Object optional(Expression expression, PromptInterpreter interpreter) {
        return expression == null ? null : expression.evaluate(interpreter);
    }

    private Expression primary() {
        if (tokens.atString()) {
            StringBuilder text = new StringBuilder();
            while (tokens.atString()) {
                text.append(tokens.take());
            }
            String value = text.toString();
            return i -> value;
        }
        if (tokens.atWhole() || tokens.atReal()) {
            return number();
        }
        if (tokens.takeIf("[")) {
            return list(elements("]"));
        }
        if (tokens.takeIf("{")) {
            return dict();
        }
        if (tokens.takeIf("(")) {
            return bracketed();
        }
        if (tokens.atName() && !KEYWORDS.contains(tokens.image())) {
            String name = tokens.take();
            return i -> i.variable(name);
        }
        throw tokens.unexpected("a value");
    }

    private Expression number() {
        boolean whole = tokens.atWhole();
        String digits = tokens.take();
        try {
            Object value = whole ? (Object) Long.parseLong(digits) : (Object) Double.parseDouble(digits);
            return i -> value;
        } catch (NumberFormatException e) {
            throw tokens.syntaxError("the number " + digits + " is too large");
        }
    }

    private Expression bracketed() {
        if (tokens.takeIf(")")) {
            return list(List.of());
        }
        Expression first = expression();
        if (tokens.takeIf(")")) {
            return first;
        }
        tokens.expect(",");
        List<Expression> elements = new ArrayList<>(List.of(first));
        elements.addAll(elements(")"));
        return list(elements);
    }

    private List<Expression> elements(String end) {
        List<Expression> elements = new ArrayList<>();
        while (!tokens.at(end)) {
            elements.add(expression());
            if (!tokens.at(end)) {
                tokens.expect(",");
            }
        }
        tokens.expect(end);
        return elements;
    }

    private static Expression list(List<Expression> elements) {
        return i -> {
            i.budget().elements(elements.size());
            List<Object> values = new ArrayList<>(elements.size());
            for (Expression element : elements) {
                values.add(element.evaluate(i));
            }
            return values;
        };
    }

    private Expression dict() {
        Map<Expression, Expression> entries = new LinkedHashMap<>();
        while (!tokens.at("}")) {
            Expression key = expression();
            tokens.expect(":");
            entries.put(key, expression());
            if (!tokens.at("}")) {
                tokens.expect(",");
            }
        }
        tokens.expect("}");
        return i -> {
            i.budget().elements(2L * entries.size());
            Map<Object, Object> values = new LinkedHashMap<>();
            entries.forEach((key, value) -> values.put(Values.key(i.budget(), key.evaluate(i)), value.evaluate(i)));
            return values;
        };
    }

    ArgumentList arguments() {
        tokens.expect("(");
        List<Expression> positional = new ArrayList<>();
        Map<String, Expression> named = new LinkedHashMap<>();
        while (!tokens.at(")")) {
            if (tokens.atName() && tokens.behind("=")) {
                String name = tokens.take();
                tokens.take();
                named.put(name, expression());
            } else {
                positional.add(expression());
            }
            if (!tokens.at(")")) {
                tokens.expect(",");
            }
        }
        tokens.expect(")");
        return new ArgumentList(positional, named);
    }
}
