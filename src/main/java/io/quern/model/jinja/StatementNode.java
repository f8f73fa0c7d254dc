package io.quern.model.jinja;

import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.output.OutputNode;
import com.hubspot.jinjava.tree.output.RenderedOutputNode;
import com.hubspot.jinjava.tree.parse.DefaultTokenScannerSymbols;
import com.hubspot.jinjava.tree.parse.TextToken;

/** A node of jinjava's tree with our meaning. Immutable once parsed: one tree is rendered by many threads. */
abstract class StatementNode extends Node {
    private static final long serialVersionUID = 1L;

    StatementNode(int line) {
        super(new TextToken("", line, 0, new DefaultTokenScannerSymbols()), line, 0);
    }

    abstract String render(PromptInterpreter interpreter);

    @Override
    public final OutputNode render(JinjavaInterpreter interpreter) {
        return new RenderedOutputNode(render((PromptInterpreter) interpreter));
    }

    @Override
    public final String getName() {
        return getClass().getSimpleName();
    }

    final Object evaluate(PromptInterpreter interpreter, Expression expression) {
        return interpreter.evaluate(expression, getLineNumber());
    }

    final void append(PromptInterpreter interpreter, StringBuilder out, String text) {
        try {
            interpreter.budget().growing((long) out.length() + text.length());
            interpreter.budget().characters(text.length());
        } catch (TemplateError e) {
            throw e.at(getLineNumber());
        }
        out.append(text);
    }

    final String made(PromptInterpreter interpreter, StringBuilder out) {
        try {
            interpreter.budget().text(out.length());
        } catch (TemplateError e) {
            throw e.at(getLineNumber());
        }
        return out.toString();
    }
}
