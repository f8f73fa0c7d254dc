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

    /** What a call's own interpreter and names cost. */
    private static final int STEPS_OF_SCOPE = 20;

    private final Jinjava application;
    private final Arithmetic arithmetic;
    private final Budget budget;
    private LoopSignal loopSignal = LoopSignal.NONE;

    PromptInterpreter(Map<String, Object> variables, Budget budget) {
        // a context without a parent would make all of jinjava's own filters anew each time
        this(JINJAVA, new Context(JINJAVA.getGlobalContext(), variables), new Arithmetic(budget), budget);
    }

    private PromptInterpreter(Jinjava application, Context variables, Arithmetic arithmetic, Budget budget) {
        super(application, variables, CONFIG);
        this.application = application;
        this.arithmetic = arithmetic;
        this.budget = budget;
    }

    /** Sees what the definition of a macro sees, not what its caller sees. */
    PromptInterpreter inScope(Context definition) {
        budget.step(STEPS_OF_SCOPE);
        return new PromptInterpreter(application, new Context(definition), arithmetic, budget);
    }

    Object variable(String name) {
        step();
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

    /** Paid by each expression, so that none is free in a loop. */
    void step() {
        budget.step();
    }

    Budget budget() {
        return budget;
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
