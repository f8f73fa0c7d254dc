package io.quern.jinja;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The simple kinds of statements. */
final class Statements {
    private Statements() {}

    /** Text that goes out as it stands. */
    record Literal(int line, String text) implements Statement {
        @Override
        public Flow render(Frame frame, Output out) {
            out.append(text);
            return Flow.NEXT;
        }
    }

    /** An expression whose value goes out. */
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

    /** A condition and what it guards. */
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
     * {@code set a}...{@code endset}.
     *
     * @param filtered what the body's text becomes, from the name {@value #BODY}; null: the text itself
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

    /** No template can name it. */
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

    /** {@code with a=..., b=...}: the values are those that the frame around it knows. */
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
     * A part with names of its own: {@code generation}, which marks the assistant's text for training, and {@code
     * block}.
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
     * {@code call}: the macro that is called finds the body as {@code caller}.
     *
     * @param function of the call
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
