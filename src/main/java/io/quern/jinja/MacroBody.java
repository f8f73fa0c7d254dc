package io.quern.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A macro's definition.
 *
 * @param reads the names that its body reads; it accepts further arguments only if it reads {@code varargs},
 *     {@code kwargs} or {@code caller}
 */
record MacroBody(String name, List<Parameter> parameters, Set<String> reads, Body body) {
    /** @param otherwise the default, or null if a missing argument is undefined */
    record Parameter(String name, @Nullable Expression otherwise) {}

    static List<Parameter> parameters(Tokens tokens, Names names) {
        List<Parameter> parameters = new ArrayList<>();
        tokens.expect("(");
        while (!tokens.at(")")) {
            if (!parameters.isEmpty()) {
                tokens.expect(",");
            }
            String parameter = tokens.name();
            Expression otherwise = tokens.takeIf("=") ? new ExpressionParser(tokens, names).expression() : null;
            if (otherwise == null
                    && !parameters.isEmpty()
                    && parameters.getLast().otherwise() != null) {
                throw tokens.error("parameters without a default must come before those with one");
            }
            parameters.add(new Parameter(parameter, otherwise));
        }
        tokens.expect(")");
        return parameters;
    }
}
