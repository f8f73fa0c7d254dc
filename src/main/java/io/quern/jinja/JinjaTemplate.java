package io.quern.jinja;

import java.time.Clock;
import java.util.HashMap;
import java.util.Map;

/** A parsed template. Immutable; several threads may render it at once. */
public final class JinjaTemplate {
    private final Body root;

    private JinjaTemplate(Body root) {
        this.root = root;
    }

    /** @throws TemplateException if the template is wrong or uses something that is not supported */
    public static JinjaTemplate parse(String template) {
        try {
            return new JinjaTemplate(TemplateParser.parse(template));
        } catch (StackOverflowError e) {
            throw new TemplateException(TemplateException.Fault.LIMIT, 1, "the template is nested too deeply");
        }
    }

    /**
     * Renders on the calling thread. Counts its steps, and checks the clock and the thread's interrupt flag about every
     * thousand steps, so it ends within its limits whatever the template does.
     *
     * @param variables String, Number, Boolean, null, Collection and Map of those
     * @param clock the time for {@code strftime_now}
     * @throws TemplateException if the template fails; partial output is never returned
     */
    public String render(Map<String, ?> variables, Limits limits, Clock clock) {
        return render(variables, new Budget(limits), clock);
    }

    String render(Map<String, ?> variables, Budget budget, Clock clock) {
        Map<String, Object> globals = new HashMap<>(Functions.GLOBALS);
        variables.forEach((name, value) -> globals.put(name, Values.ofJava(value)));
        Output out = new Output(budget);
        try {
            root.render(Frame.of(new Rendering(globals, budget, clock)), out);
            return out.text();
        } catch (StackOverflowError e) {
            throw new TemplateException(TemplateException.Fault.LIMIT, 1, "the template's recursion is too deep");
        } catch (TemplateError e) {
            throw e.at(1);
        }
    }
}
