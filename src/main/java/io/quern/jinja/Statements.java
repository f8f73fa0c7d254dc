package io.quern.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The simple kinds of statements. */
final class Statements {
    private Statements() {}

    /** Text that is output unchanged. */
    record Literal(int line, String text) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            out.append(text);
            return Flow.NEXT;
        }
    }

    /** An expression whose value is output. */
    record Print(int line, Expression expression) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            out.append(Text.of(expression.evaluate(frame), frame.budget()));
            return Flow.NEXT;
        }
    }

    /** {@code break} and {@code continue}. */
    record Jump(int line, Flow flow) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            return flow;
        }
    }

    /** A condition and the body that it guards. */
    record Branch(Expression condition, int line, Body body) {}

    /** {@code if}, {@code elif}, {@code else}. */
    record If(int line, List<Branch> branches, Body otherwise) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            for (Branch branch : branches) {
                if (holds(branch, frame)) {
                    return branch.body.render(frame, out);
                }
            }
            return otherwise.render(frame, out);
        }

        private static boolean holds(Branch branch, Frame frame) {
            try {
                return Values.truth(branch.condition.evaluate(frame));
            } catch (TemplateError e) {
                throw e.at(branch.line);
            }
        }
    }

    /** {@code set a = ...}, {@code set a, b = ...}. */
    record Assignment(int line, Target target, Expression value) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            target.assign(value.evaluate(frame), frame);
            return Flow.NEXT;
        }
    }

    /**
     * The statement {@code set a}...{@code endset}.
     *
     * @param filtered the filters applied to the body's text, which has the name {@value #BODY}; null if there are none
     */
    record BlockAssignment(
            int line, Target target, Body body, @Nullable Expression filtered) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            target.assign(ofBody(frame, body, filtered), frame);
            return Flow.NEXT;
        }
    }

    /** {@code filter x}...{@code endfilter}. */
    record Filtered(int line, Body body, Expression filtered) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            out.append(Text.of(ofBody(frame, body, filtered), frame.budget()));
            return Flow.NEXT;
        }
    }

    /** Contains a space, so no template can use it as a name. */
    static final String BODY = " body";

    private static Object ofBody(Frame frame, Body body, @Nullable Expression filtered) {
        String text = body.inside(frame);
        if (filtered == null) {
            return text;
        }
        Frame inner = frame.inner();
        inner.set(BODY, text);
        return filtered.evaluate(inner);
    }

    /** {@code with a=..., b=...}: the values are evaluated in the enclosing frame. */
    record With(int line, List<Target> targets, List<Expression> values, Body body) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            Frame inner = frame.inner();
            for (int i = 0; i < targets.size(); i++) {
                targets.get(i).assign(values.get(i).evaluate(frame), inner);
            }
            return body.render(inner, out);
        }
    }

    /**
     * A part with names of its own: {@code generation}, which marks the assistant's text for training, and
     * {@code block}.
     */
    record Scope(int line, Body body) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            return body.render(frame.inner(), out);
        }
    }

    /** {@code macro}. */
    record Definition(int line, MacroBody macro) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            frame.set(macro.name(), new Macro(macro, frame));
            return Flow.NEXT;
        }
    }

    /**
     * The statement {@code call}: the called macro can call the body by the name {@code caller}.
     *
     * @param function the macro that is called
     */
    record CallBlock(int line, Expression function, ArgumentList arguments, MacroBody body) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            Arguments given = arguments.evaluate(frame);
            Map<String, Object> named = new LinkedHashMap<>(given.named());
            named.put("caller", new Macro(body, frame));
            Object value = Functions.call(function.evaluate(frame), new Arguments(given.positional(), named), frame);
            out.append(Text.of(value, frame.budget()));
            return Flow.NEXT;
        }
    }
}
