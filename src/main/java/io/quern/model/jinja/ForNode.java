package io.quern.model.jinja;

import java.util.ArrayList;
import java.util.List;

/** A loop. Each round has a scope of its own: what is set in it is forgotten. */
final class ForNode extends StatementNode {
    private static final long serialVersionUID = 1L;

    private final transient Target target;
    private final transient Expression over;
    /** Null: all elements. */
    private final transient Expression condition;

    private final Body body;
    private final Body otherwise;

    ForNode(int line, Target target, Expression over, Expression condition, Body body, Body otherwise) {
        super(line);
        this.target = target;
        this.over = over;
        this.condition = condition;
        this.body = body;
        this.otherwise = otherwise;
    }

    @Override
    String render(PromptInterpreter interpreter) {
        List<Object> elements = elements(interpreter);
        if (elements.isEmpty()) {
            return otherwise.render(interpreter);
        }
        StringBuilder out = new StringBuilder();
        for (int i = 0; i < elements.size(); i++) {
            Object element = None.orValue(elements.get(i));
            Loop loop = new Loop(elements, i);
            try (var _ = interpreter.enterScope()) {
                evaluate(interpreter, in -> {
                    in.step();
                    target.assign(in, element);
                    in.set("loop", loop);
                    return element;
                });
                append(interpreter, out, body.render(interpreter));
            }
            boolean leave = interpreter.loopSignal() == PromptInterpreter.LoopSignal.BREAK;
            interpreter.signal(PromptInterpreter.LoopSignal.NONE);
            if (leave) {
                break;
            }
        }
        return made(interpreter, out);
    }

    private List<Object> elements(PromptInterpreter interpreter) {
        List<Object> all = Values.elements(
                interpreter.budget(), evaluate(interpreter, i -> Values.elements(i.budget(), over.evaluate(i))));
        if (condition == null) {
            return all;
        }
        List<Object> chosen = new ArrayList<>();
        for (Object element : all) {
            try (var _ = interpreter.enterScope()) {
                boolean choose = Values.truth(evaluate(interpreter, i -> {
                    i.budget().element();
                    target.assign(i, None.orValue(element));
                    return condition.evaluate(i);
                }));
                if (choose) {
                    chosen.add(element);
                }
            }
        }
        return chosen;
    }
}
