package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Parses operands: values and names, with the attributes, keys, calls, filters and tests that follow them. */
final class OperandParser {
    private final Tokens tokens;
    private final Names names;
    private final ExpressionParser expressions;
    private final Displays displays;

    /** @param names collects each name that an expression reads */
    OperandParser(Tokens tokens, Names names, ExpressionParser expressions) {
        this.tokens = tokens;
        this.names = names;
        this.expressions = expressions;
        this.displays = new Displays(tokens, expressions);
    }

    Expression primary() {
        Token token = tokens.peek();
        return switch (token.kind()) {
            case STRING -> strings();
            case NUMBER -> {
                tokens.take();
                Object number = token.number();
                yield frame -> number;
            }
            case NAME -> name();
            default -> {
                if (tokens.takeIf("(")) {
                    yield displays.bracketed();
                }
                if (tokens.takeIf("[")) {
                    yield displays.list();
                }
                if (tokens.takeIf("{")) {
                    yield displays.dict();
                }
                throw tokens.unexpected("a value");
            }
        };
    }

    /** Adjacent string literals are one string. */
    private Expression strings() {
        StringBuilder text = new StringBuilder();
        while (tokens.at(Token.Kind.STRING)) {
            text.append(tokens.take().text());
        }
        String whole = text.toString();
        return frame -> whole;
    }

    private Expression name() {
        String name = tokens.take().text();
        return switch (name) {
            case "true", "True" -> frame -> true;
            case "false", "False" -> frame -> false;
            case "none", "None" -> frame -> None.NONE;
            default -> {
                names.read(name);
                yield frame -> {
                    frame.budget().step();
                    return frame.get(name);
                };
            }
        };
    }

    Expression postfix(Expression first) {
        Expression value = first;
        while (true) {
            Expression base = value;
            if (tokens.takeIf(".")) {
                value = member(base);
            } else if (tokens.takeIf("[")) {
                value = subscript(base);
            } else if (tokens.at("(")) {
                value = call(base);
            } else {
                return value;
            }
        }
    }

    private Expression member(Expression base) {
        Token token = tokens.take();
        if (token.kind() == Token.Kind.NAME) {
            return frame -> Access.attribute(base.evaluate(frame), token.text(), frame.budget());
        }
        if (token.kind() == Token.Kind.NUMBER && !(token.value() instanceof Double)) {
            Object place = token.number();
            return frame -> Access.element(base.evaluate(frame), place, frame.budget());
        }
        throw tokens.error("a name or a number must follow '.'");
    }

    private Expression subscript(Expression base) {
        if (tokens.at("]")) {
            throw tokens.unexpected("a key");
        }
        if (tokens.at(":")) {
            return slice(base, null);
        }
        Expression first = expressions.expression();
        if (tokens.at(":")) {
            return slice(base, first);
        }
        List<Expression> keys = new ArrayList<>(List.of(first));
        while (tokens.takeIf(",")) {
            keys.add(expressions.expression());
        }
        tokens.expect("]");
        Expression key = keys.size() == 1 ? first : Displays.tuple(keys);
        return frame -> Access.element(base.evaluate(frame), key.evaluate(frame), frame.budget());
    }

    private Expression slice(Expression base, @Nullable Expression from) {
        tokens.expect(":");
        Expression to = tokens.at(":") || tokens.at("]") ? null : expressions.expression();
        Expression step = tokens.takeIf(":") && !tokens.at("]") && !tokens.at(",") ? expressions.expression() : null;
        if (tokens.at(",")) {
            throw tokens.error("a slice together with another key is not supported");
        }
        tokens.expect("]");
        return frame -> Access.slice(
                base.evaluate(frame), given(from, frame), given(to, frame), given(step, frame), frame.budget());
    }

    private static @Nullable Object given(@Nullable Expression bound, Frame frame) {
        return bound == null ? null : Undefined.required(bound.evaluate(frame));
    }

    /** The call in the statement {@code call}. */
    record Call(Expression function, ArgumentList arguments) {}

    /** @throws TemplateException if the next expression is not a call */
    Call call() {
        Expression function = primary();
        while (!tokens.at("(") || !lastCall()) {
            if (tokens.takeIf(".")) {
                function = member(function);
            } else if (tokens.takeIf("[")) {
                function = subscript(function);
            } else if (tokens.at("(")) {
                function = call(function);
            } else {
                throw tokens.unexpected("a call");
            }
        }
        return new Call(function, ArgumentList.read(tokens, expressions));
    }

    /** Returns whether the bracket that opens here closes at the end of the tag. */
    private boolean lastCall() {
        return tokens.closesAtEnd();
    }

    private Expression call(Expression function) {
        ArgumentList arguments = ArgumentList.read(tokens, expressions);
        return frame -> Functions.call(function.evaluate(frame), arguments.evaluate(frame), frame);
    }

    /** Parses what follows a value: filters, tests, and calls of their results. */
    Expression filters(Expression first) {
        Expression value = first;
        while (true) {
            if (tokens.takeIf("|")) {
                value = filter(value);
            } else if (tokens.takeIf("is")) {
                value = test(value);
            } else if (tokens.at("(")) {
                value = call(value);
            } else {
                return value;
            }
        }
    }

    private Expression filter(Expression value) {
        String name = dottedName();
        ArgumentList arguments = tokens.at("(") ? ArgumentList.read(tokens, expressions) : ArgumentList.NONE;
        Filter filter = known(Filters.of(name), "filter", name);
        return frame -> {
            frame.budget().step();
            return filter.apply(frame.rendering(), value.evaluate(frame), arguments.evaluate(frame));
        };
    }

    /** Like jinja2, refuses unknown names while parsing, unless a condition may prevent their use. */
    private Filter known(@Nullable Filter filter, String kind, String name) {
        if (filter != null) {
            return filter;
        }
        String problem = "there is no " + kind + " '" + name + "'";
        if (!names.conditional()) {
            throw tokens.error(problem);
        }
        return (rendering, value, arguments) -> {
            throw new TemplateError(problem);
        };
    }

    private String dottedName() {
        StringBuilder name = new StringBuilder(tokens.name());
        while (tokens.takeIf(".")) {
            name.append('.').append(tokens.name());
        }
        return name.toString();
    }

    private Expression test(Expression value) {
        boolean negated = tokens.takeIf("not");
        String name = dottedName();
        ArgumentList arguments = ArgumentList.NONE;
        if (tokens.at("(")) {
            arguments = ArgumentList.read(tokens, expressions);
        } else if (beginsArgument()) {
            if (tokens.at("is")) {
                throw tokens.error("tests with 'is' cannot be chained");
            }
            arguments = new ArgumentList(List.of(postfix(primary())), Map.of(), null, null);
        }
        Filter test = known(Tests.of(name), "test", name);
        ArgumentList all = arguments;
        return frame -> {
            boolean holds = Values.truth(test.apply(frame.rendering(), value.evaluate(frame), all.evaluate(frame)));
            return holds != negated;
        };
    }

    private static final Set<String> NO_ARGUMENT = Set.of("else", "or", "and");

    private boolean beginsArgument() {
        Token token = tokens.peek();
        return switch (token.kind()) {
            case NAME -> !NO_ARGUMENT.contains(token.text());
            case STRING, NUMBER -> true;
            case SIGN -> token.is("[") || token.is("{");
            case END -> false;
        };
    }
}
