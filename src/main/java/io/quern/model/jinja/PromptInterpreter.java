package io.quern.model.jinja;

import com.hubspot.jinjava.Jinjava;
import com.hubspot.jinjava.JinjavaConfig;
import com.hubspot.jinjava.interpret.Context;
import com.hubspot.jinjava.interpret.JinjavaInterpreter;
import java.util.Map;

/** One rendering: jinjava's interpreter and scopes, with our limits. For one thread. */
final class PromptInterpreter extends JinjavaInterpreter {
    /** How far what is left of a loop's body is passed over. */
    enum LoopSignal {
        NONE,
        CONTINUE,
        BREAK
    }

    /** Nested text is never interpreted: users' text would be run. */
    private static final JinjavaConfig CONFIG = JinjavaConfig.newBuilder()
            .withNestedInterpretationEnabled(false)
            .withKeepTrailingNewline(true)
            .build();

    private static final Jinjava JINJAVA = new Jinjava(CONFIG);

    private final Jinjava application;
    private final Arithmetic arithmetic;
    private final Deadline deadline;
    private LoopSignal loopSignal = LoopSignal.NONE;

    PromptInterpreter(Map<String, Object> variables, Limits limits) {
        // a context without a parent would make all of jinjava's own filters anew each time
        this(
                JINJAVA,
                new Context(JINJAVA.getGlobalContext(), variables),
                new Arithmetic(limits.characters()),
                new Deadline(limits.time()));
    }

    private PromptInterpreter(Jinjava application, Context variables, Arithmetic arithmetic, Deadline deadline) {
        super(application, variables, CONFIG);
        this.application = application;
        this.arithmetic = arithmetic;
        this.deadline = deadline;
    }

    /** Sees what the definition of a macro sees, not what its caller sees. */
    PromptInterpreter inScope(Context definition) {
        return new PromptInterpreter(application, new Context(definition), arithmetic, deadline);
    }

    Object variable(String name) {
        checkTime();
        Object value = getContext().get(name);
        return value == null ? new Undefined("'" + name + "'") : value;
    }

    void set(String name, Object value) {
        getContext().put(name, value);
    }

    /** Evaluates for a node in this line of the template, which errors then name. */
    Object evaluate(Expression expression, int line) {
        setLineNumber(line);
        try {
            return expression.evaluate(this);
        } catch (TemplateError e) {
            throw e.at(line);
        }
    }

    /** Called wherever a loop may come by. */
    void checkTime() {
        deadline.check();
    }

    Arithmetic arithmetic() {
        return arithmetic;
    }

    LoopSignal loopSignal() {
        return loopSignal;
    }

    void signal(LoopSignal signal) {
        loopSignal = signal;
    }
}
