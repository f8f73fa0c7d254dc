package io.quern.grammar;

import java.util.LinkedHashSet;
import java.util.Set;

/** Finds the rules that an expression refers to. */
final class References {
    private References() {}

    static Set<String> in(Expression expression) {
        Set<String> found = new LinkedHashSet<>();
        collect(expression, found);
        return found;
    }

    private static void collect(Expression expression, Set<String> found) {
        switch (expression) {
            case Expression.Literal literal -> {}
            case Expression.CharSet set -> {}
            case Expression.Reference reference -> found.add(reference.rule());
            case Expression.Sequence sequence -> sequence.parts().forEach(part -> collect(part, found));
            case Expression.Choice choice -> choice.alternatives().forEach(part -> collect(part, found));
            case Expression.Repeat repeat -> collect(repeat.operand(), found);
        }
    }
}
