package io.quern.grammar;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * A grammar: rules by name, one of which is the start. Immutable. A {@link GrammarBuilder} embeds it in a larger one.
 *
 * @param rules in the order in which they are written
 * @param start the name of the rule that describes the whole text
 */
public record Grammar(Map<String, Expression> rules, String start) {
    /** The name of the start in llama.cpp's notation. */
    public static final String ROOT = "root";

    public Grammar {
        rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
        if (!rules.containsKey(start)) {
            throw new IllegalArgumentException("no rule " + start);
        }
    }

    /** Returns the grammar in llama.cpp's notation (GBNF). Its start is {@value #ROOT}. */
    public String gbnf() {
        return GbnfWriter.write(this);
    }
}
