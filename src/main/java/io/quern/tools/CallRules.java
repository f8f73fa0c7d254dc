package io.quern.tools;

import io.quern.grammar.Grammar;
import java.util.List;

/**
 * What enforces valid calls.
 *
 * @param triggers texts that begin a call, if the grammar applies only to what follows them; empty: it describes the
 *     whole answer
 */
public record CallRules(Grammar grammar, List<String> triggers) {
    public CallRules {
        triggers = List.copyOf(triggers);
    }
}
