package io.quern.grammar;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Grammars that were made last. Most clients send the same few schemas again and again, and to make a grammar takes as
 * long as several tokens of a small model. Safe for several threads.
 */
final class RecentGrammars {
    /** A rule takes some hundred bytes, so this is some megabytes. */
    private static final int MAX_RULES = 20_000;

    /** @param schema as text, because the order of properties matters */
    record Key(String schema, GrammarLimits limits, boolean compact) {}

    private final int maxRules;
    private final Map<Key, Grammar> grammars = new LinkedHashMap<>(16, 0.75f, true);
    private int rules;

    RecentGrammars() {
        this(MAX_RULES);
    }

    /** @param maxRules that all grammars have together */
    RecentGrammars(int maxRules) {
        this.maxRules = maxRules;
    }

    synchronized @Nullable Grammar get(Key key) {
        return grammars.get(key);
    }

    synchronized void put(Key key, Grammar grammar) {
        int size = grammar.rules().size() + key.schema().length() / 100;
        if (size > maxRules / 4 || grammars.containsKey(key)) {
            return;
        }
        grammars.put(key, grammar);
        rules += size;
        var eldest = grammars.entrySet().iterator();
        while (rules > maxRules && eldest.hasNext()) {
            Map.Entry<Key, Grammar> gone = eldest.next();
            rules -= gone.getValue().rules().size() + gone.getKey().schema().length() / 100;
            eldest.remove();
        }
    }
}
