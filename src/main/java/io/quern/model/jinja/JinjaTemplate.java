package io.quern.model.jinja;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/** A parsed template. Immutable; may be rendered by several threads at once. */
public final class JinjaTemplate {
    private final Body root;

    private JinjaTemplate(Body root) {
        this.root = root;
    }

    /** @throws TemplateException where it is wrong or uses what is not supported */
    public static JinjaTemplate parse(String template) {
        try {
            return new JinjaTemplate(TemplateParser.parse(template));
        } catch (StackOverflowError e) {
            throw new TemplateException(TemplateException.Fault.LIMIT, 1, "the template is nested too deeply");
        }
    }

    /**
     * Renders on the calling thread, and ends where a limit is reached. The clock and the thread's interrupt flag are looked at every
     * thousand steps, give or take one operation on a text of the limit's size.
     *
     * @param variables String, Number, Boolean, null, Collection and Map of those
     * @param clock for {@code strftime_now}
     * @throws TemplateException instead of any output that is not whole
     */
    public String render(Map<String, ?> variables, Limits limits, Clock clock) {
        return render(variables, new Budget(limits), clock);
    }

    String render(Map<String, ?> variables, Budget budget, Clock clock) {
        Map<String, Object> known = new HashMap<>(Functions.all(clock));
        variables.forEach((name, value) -> known.put(name, Values.ofJava(value)));
        PromptInterpreter interpreter = new PromptInterpreter(known, budget);
        try {
            return root.render(interpreter);
        } catch (StackOverflowError e) {
            throw new TemplateException(
                    TemplateException.Fault.LIMIT,
                    Math.max(1, interpreter.getLineNumber()),
                    "the template calls itself too deeply");
        } catch (TemplateError e) {
            throw e.at(Math.max(1, interpreter.getLineNumber()));
        }
    }
}
