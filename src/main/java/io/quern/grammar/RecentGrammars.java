package io.quern.grammar;

import java.util.Iterator;
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

    /**
     * @param schema as text, because the order of properties matters
     * @param limits of a grammar that counts for itself
     */
    record Key(String schema, GrammarLimits limits, boolean compact) {}

    /** @param steps that it took to make the grammar */
    record Made(Grammar grammar, int steps) {
        int size(Key key) {
            return grammar.rules().size() + key.schema.length() / 100;
        }
    }

    private final int maxRules;
    private final Map<Key, Made> grammars = new LinkedHashMap<>(16, 0.75f, true);
    private int rules;

    RecentGrammars() {
        this(MAX_RULES);
    }

    /** @param maxRules that all grammars have together */
    RecentGrammars(int maxRules) {
        this.maxRules = maxRules;
    }

    synchronized @Nullable Made get(Key key) {
        return grammars.get(key);
    }

    synchronized void put(Key key, Made made) {
        if (made.size(key) > maxRules / 4 || grammars.putIfAbsent(key, made) != null) {
            return;
        }
        rules += made.size(key);
        Iterator<Map.Entry<Key, Made>> eldest = grammars.entrySet().iterator();
        while (rules > maxRules) {
            Map.Entry<Key, Made> gone = eldest.next();
            rules -= gone.getValue().size(gone.getKey());
            eldest.remove();
        }
    }
}
