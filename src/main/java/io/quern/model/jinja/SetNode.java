package io.quern.model.jinja;

/** {@code set x = ...}, and {@code set x} with a body. */
final class SetNode extends StatementNode {
    private static final long serialVersionUID = 1L;

    private final transient Target target;
    private final transient Expression value;

    SetNode(int line, Target target, Expression value) {
        super(line);
        this.target = target;
        this.value = value;
    }

    /** The value is what the body renders. */
    static SetNode ofBody(int line, Target target, Body body) {
        return new SetNode(line, target, interpreter -> {
            try (var _ = interpreter.enterScope()) {
                return body.render(interpreter);
            }
        });
    }

    @Override
    String render(PromptInterpreter interpreter) {
        evaluate(interpreter, i -> {
            Object assigned = value.evaluate(i);
            target.assign(i, assigned);
            return assigned;
        });
        return "";
    }
}
