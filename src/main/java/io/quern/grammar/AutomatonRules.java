package io.quern.grammar;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Writes an automaton as rules: one for each state that several edges lead to, or that has several edges.
 *
 * @param name of the first rule, and the start of the others' names
 * @param encoding turns a set of code points into how they are written in the text
 * @param rest of a text that any characters may follow, if it is not simply any number of them
 */
record AutomatonRules(
        String name,
        Automaton automaton,
        Function<CodePoints, Expression> encoding,
        @Nullable Expression rest) {
    private static final int MAX_INLINE = 100;

    void addTo(GrammarBuilder builder) {
        int[] incoming = new int[automaton.edges().size()];
        automaton.edges().forEach(edges -> edges.forEach(edge -> incoming[edge.target()]++));
        for (int state = 0; state < incoming.length; state++) {
            if (state == 0 || !isInlined(state, incoming) || state % MAX_INLINE == 0) {
                builder.rule(name(state), right(state, incoming));
            }
        }
    }

    private Expression right(int state, int[] incoming) {
        if (rest != null && isFree(state)) {
            return rest;
        }
        List<Expression> alternatives = new ArrayList<>();
        for (Automaton.Edge edge : automaton.edges().get(state)) {
            List<Expression> parts = new ArrayList<>();
            parts.add(encoding.apply(edge.set()));
            int target = edge.target();
            while (isInlined(target, incoming) && target % MAX_INLINE != 0) {
                Automaton.Edge only = automaton.edges().get(target).getFirst();
                parts.add(encoding.apply(only.set()));
                target = only.target();
            }
            if (!isEnd(target)) {
                parts.add(Expression.reference(name(target)));
            }
            alternatives.add(Expression.sequence(parts));
        }
        if (automaton.accepting().get(state)) {
            alternatives.add(Expression.EMPTY);
        }
        return Expression.choice(alternatives);
    }

    /** Returns whether the state belongs to the right side of the only rule that leads to it. */
    private boolean isInlined(int state, int[] incoming) {
        return incoming[state] == 1
                && state != 0
                && !automaton.accepting().get(state)
                && automaton.edges().get(state).size() == 1
                && automaton.edges().get(state).getFirst().target() != state;
    }

    /** Returns whether any text may follow the state. */
    private boolean isFree(int state) {
        return automaton.accepting().get(state)
                && automaton.edges().get(state).equals(List.of(new Automaton.Edge(CodePoints.ALL, state)));
    }

    /** Returns whether nothing can follow the state. */
    private boolean isEnd(int state) {
        return automaton.accepting().get(state) && automaton.edges().get(state).isEmpty();
    }

    private String name(int state) {
        return state == 0 ? name : name + "-" + state;
    }
}
