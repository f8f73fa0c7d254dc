package io.quern.tools;

import io.quern.grammar.Grammar;
import java.util.List;

/**
 * What enforces valid calls.
 *
 * @param triggers regular expressions of what begins a call, if the grammar applies only from there on; empty: it
 *     describes the whole answer
 */
public record CallRules(Grammar grammar, List<String> triggers) {
    public CallRules {
        triggers = List.copyOf(triggers);
    }
}
