package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;

/**
 * What is assigned to: one name, several that a list is taken apart into, or a namespace's attribute.
 *
 * @param attribute null but for a namespace
 */
record Target(List<String> names, String attribute) {

    static Target read(TokenReader tokens) {
        boolean bracketed = tokens.takeIf("(");
        List<String> names = new ArrayList<>(List.of(tokens.name()));
        if (tokens.takeIf(".")) {
            return new Target(names, tokens.name());
        }
        while (tokens.takeIf(",")) {
            names.add(tokens.name());
        }
        if (bracketed) {
            tokens.expect(")");
        }
        return new Target(names, null);
    }

    void assign(PromptInterpreter interpreter, Object value) {
        if (attribute != null) {
            if (!(interpreter.variable(names.getFirst()) instanceof Namespace namespace)) {
                throw new TemplateError("'" + names.getFirst() + "' is no namespace, so its attributes cannot be set");
            }
            namespace.set(attribute, value);
        } else if (names.size() == 1) {
            interpreter.set(names.getFirst(), value);
        } else {
            List<Object> values = Values.elements(interpreter.budget(), value);
            if (values.size() != names.size()) {
                throw new TemplateError(values.size() + " values for " + names.size() + " names");
            }
            for (int i = 0; i < names.size(); i++) {
                interpreter.set(names.get(i), None.orValue(values.get(i)));
            }
        }
    }
}
