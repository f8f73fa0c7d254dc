package io.quern.model.jinja;

import com.hubspot.jinjava.interpret.Context;
import java.util.ArrayList;
import java.util.List;

/** Defines a function that renders its body. */
final class MacroNode extends StatementNode {
    private static final long serialVersionUID = 1L;

    /** @param otherwise null: undefined where it is not given */
    record Parameter(String name, Expression otherwise) {}

    private final String name;
    private final transient List<Parameter> parameters;
    private final Body body;

    MacroNode(int line, String name, List<Parameter> parameters, Body body) {
        super(line);
        this.name = name;
        this.parameters = List.copyOf(parameters);
        this.body = body;
    }

    static List<Parameter> readParameters(TokenReader tokens) {
        List<Parameter> parameters = new ArrayList<>();
        tokens.expect("(");
        while (!tokens.at(")")) {
            String parameter = tokens.name();
            parameters.add(
                    new Parameter(parameter, tokens.takeIf("=") ? new ExpressionParser(tokens).expression() : null));
            if (!tokens.at(")")) {
                tokens.expect(",");
            }
        }
        tokens.expect(")");
        return parameters;
    }

    @Override
    String render(PromptInterpreter interpreter) {
        Context definition = interpreter.getContext();
        Callable macro = (caller, arguments) -> {
            PromptInterpreter inside = caller.inScope(definition);
            if (arguments.positional().size() > parameters.size()) {
                throw new TemplateError("the macro " + name + " takes " + parameters.size() + " arguments, is given "
                        + arguments.positional().size());
            }
            for (int i = 0; i < parameters.size(); i++) {
                Parameter parameter = parameters.get(i);
                Object given = arguments.get(i, parameter.name(), null);
                inside.set(parameter.name(), given == null ? standing(inside, parameter) : given);
            }
            return body.render(inside);
        };
        interpreter.set(name, macro);
        return "";
    }

    private Object standing(PromptInterpreter inside, Parameter parameter) {
        return parameter.otherwise() == null
                ? new Undefined("parameter '" + parameter.name() + "'")
                : evaluate(inside, parameter.otherwise());
    }
}
