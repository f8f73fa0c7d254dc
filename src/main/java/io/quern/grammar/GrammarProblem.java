package io.quern.grammar;

import org.jspecify.annotations.Nullable;

/** Puts a problem of a grammar into the words of what the grammar was made from. */
@FunctionalInterface
interface GrammarProblem {
    /**
     * Returns the exception to throw.
     *
     * @param rule the rule with the problem, or null if it is about the whole grammar
     * @param problem a verb and what follows
     */
    GrammarException explain(@Nullable String rule, String problem);
}
