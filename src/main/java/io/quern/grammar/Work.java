package io.quern.grammar;

import org.jspecify.annotations.Nullable;

/** Counts the work of one compilation, and ends it at the limits. Not thread-safe. */
final class Work {
    private final GrammarLimits limits;
    private String path;
    private @Nullable String keyword;
    private int steps;
    private int states;

    Work(GrammarLimits limits, String path, @Nullable String keyword) {
        this.limits = limits;
        this.path = path;
        this.keyword = keyword;
    }

    GrammarLimits limits() {
        return limits;
    }

    /** Names what is being compiled, for the message if a limit is exceeded. */
    void on(String path, @Nullable String keyword) {
        this.path = path;
        this.keyword = keyword;
    }

    void step(int count) {
        steps = limits.add(steps, count);
        if (steps > limits.steps() || steps < 0) {
            throw new GrammarException(
                    path,
                    keyword,
                    "is too complex: it takes more than " + limits.steps()
                            + " steps (quern.grammar.max-steps) to make a grammar of it");
        }
    }

    /** Counts one rule or state of an automaton. */
    void state() {
        step(1);
        if (++states > limits.rules()) {
            throw new GrammarException(
                    path,
                    keyword,
                    "is too complex: its grammar has more than " + limits.rules() + " rules (quern.grammar.max-rules)");
        }
    }
}
