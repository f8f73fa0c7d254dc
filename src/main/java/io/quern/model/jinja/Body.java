package io.quern.model.jinja;

import com.hubspot.jinjava.tree.Node;
import com.hubspot.jinjava.tree.TextNode;
import com.hubspot.jinjava.tree.output.OutputNode;
import com.hubspot.jinjava.tree.output.RenderedOutputNode;
import com.hubspot.jinjava.tree.parse.DefaultTokenScannerSymbols;
import com.hubspot.jinjava.tree.parse.TextToken;
import java.util.ArrayList;
import java.util.List;

/** Nodes behind each other. */
final class Body extends StatementNode {
    private static final long serialVersionUID = 1L;

    private final transient List<Node> nodes = new ArrayList<>();

    Body(int line) {
        super(line);
    }

    void add(Node node) {
        nodes.add(node);
    }

    void addText(String text, int line) {
        nodes.add(new TextNode(new TextToken(text, line, 0, new DefaultTokenScannerSymbols())));
    }

    @Override
    String render(PromptInterpreter interpreter) {
        StringBuilder out = new StringBuilder();
        for (Node node : nodes) {
            OutputNode output = node.render(interpreter);
            append(
                    interpreter,
                    out,
                    output instanceof RenderedOutputNode rendered ? rendered.getValue() : output.getValue());
            if (interpreter.loopSignal() != PromptInterpreter.LoopSignal.NONE) {
                // the rest of the loop's body is passed over; the loop will see why
                break;
            }
        }
        return made(interpreter, out);
    }
}
