package io.quern.model.jinja;

/** {@code {{ expression }}}: what comes out is text and nothing else, whatever it contains. */
final class PrintNode extends StatementNode {
    private static final long serialVersionUID = 1L;

    private final transient Expression expression;

    PrintNode(int line, Expression expression) {
        super(line);
        this.expression = expression;
    }

    @Override
    String render(PromptInterpreter interpreter) {
        return (String) evaluate(interpreter, i -> Text.of(i.budget(), expression.evaluate(i)));
    }
}
