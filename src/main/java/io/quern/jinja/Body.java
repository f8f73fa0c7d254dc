package io.quern.jinja;

import java.util.List;

/** A sequence of statements. */
record Body(int line, List<Statement> statements) implements Statement {
    static Body empty(int line) {
        return new Body(line, List.of());
    }

    @Override
    public Flow render(Frame frame, Output out) {
        for (Statement statement : statements) {
            try {
                Flow flow = statement.render(frame, out);
                if (flow != Flow.NEXT) {
                    return flow;
                }
            } catch (TemplateError e) {
                throw e.at(statement.line());
            }
        }
        return Flow.NEXT;
    }

    /** Renders the statements in a frame of their own and returns the text. */
    String inside(Frame frame) {
        Output out = new Output(frame.budget());
        render(frame.inner(), out);
        return out.text();
    }
}
