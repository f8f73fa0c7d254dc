package io.quern.model.jinja;

import java.util.List;

/** {@code if}, {@code elif} and {@code else}. */
final class IfNode extends StatementNode {
    private static final long serialVersionUID = 1L;

    record Branch(Expression condition, int line, Body body) {}

    private final transient List<Branch> branches;
    private final Body otherwise;

    IfNode(int line, List<Branch> branches, Body otherwise) {
        super(line);
        this.branches = List.copyOf(branches);
        this.otherwise = otherwise;
    }

    @Override
    String render(PromptInterpreter interpreter) {
        for (Branch branch : branches) {
            if (Values.truth(interpreter.evaluate(branch.condition(), branch.line()))) {
                return branch.body().render(interpreter);
            }
        }
        return otherwise.render(interpreter);
    }
}
