package io.quern.jinja;

import java.util.Iterator;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * The statement {@code for}.
 *
 * @param condition null if the loop has none
 * @param otherwise rendered if no iteration of the body reached its end, as in jinja2
 */
record ForLoop(
        int line,
        Target target,
        Expression over,
        @Nullable Expression condition,
        boolean recursive,
        Body body,
        Body otherwise)
        implements Statement {

    @Override
    public Flow render(Frame frame, Output out) {
        render(over.evaluate(frame), 0, frame, out);
        return Flow.NEXT;
    }

    private void render(Object value, int depth, Frame frame, Output out) {
        Budget budget = frame.budget();
        Iterator<Object> elements = Values.iterator(value, budget);
        long length = condition == null && Values.isSized(value) ? Values.length(value, budget) : -1;
        LoopContext.Recursion recursion = recursive
                ? (inner, deeper) -> {
                    Output text = new Output(budget);
                    render(inner, deeper, frame, text);
                    return text.text();
                }
                : null;
        LoopContext loop = new LoopContext(
                condition == null ? elements : filtered(elements, condition, frame), length, depth, recursion, budget);
        boolean completed = false;
        while (loop.hasNext()) {
            Frame inner = frame.inner();
            target.assign(loop.advance(), inner);
            inner.set("loop", loop);
            Flow flow = body.render(inner, out);
            if (flow == Flow.BREAK) {
                break;
            }
            completed |= flow == Flow.NEXT;
        }
        if (!completed) {
            otherwise.render(frame.inner(), out);
        }
    }

    /**
     * Evaluates the condition when the loop reaches the element, because the body may have changed a namespace before
     * that.
     */
    private Iterator<Object> filtered(Iterator<Object> elements, Expression condition, Frame frame) {
        return new Lazy(
                elements,
                element -> {
                    Frame inner = frame.inner();
                    target.assign(element, inner);
                    inner.set("loop", Undefined.of("'loop' is undefined in the condition of a loop"));
                    return Values.truth(condition.evaluate(inner));
                },
                UnaryOperator.identity());
    }
}
