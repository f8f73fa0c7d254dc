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
    /** A character takes at most some 15 bytes in memory, because a rule is an object of several parts. */
    private static final int MAX_CHARACTERS = 2_000_000;

    /**
     * @param schema as text, because the order of properties matters
     * @param limits of a grammar that counts for itself
     */
    record Key(String schema, GrammarLimits limits, boolean compact) {}

    /**
     * @param steps that it took to make the grammar
     * @param length of the grammar as text. The number of its rules says little: one may have hundreds of ranges
     */
    record Made(Grammar grammar, int steps, int length) {
        Made(Grammar grammar, int steps) {
            this(grammar, steps, grammar.gbnf().length());
        }

        int size(Key key) {
            return length + key.schema.length();
        }
    }

    private final int maxCharacters;
    private final Map<Key, Made> grammars = new LinkedHashMap<>(16, 0.75f, true);
    private int characters;

    RecentGrammars() {
        this(MAX_CHARACTERS);
    }

    /** @param maxCharacters of all schemas and grammars together */
    RecentGrammars(int maxCharacters) {
        this.maxCharacters = maxCharacters;
    }

    synchronized @Nullable Made get(Key key) {
        return grammars.get(key);
    }

    synchronized void put(Key key, Made made) {
        if (made.size(key) > maxCharacters / 4 || grammars.putIfAbsent(key, made) != null) {
            return;
        }
        characters += made.size(key);
        Iterator<Map.Entry<Key, Made>> eldest = grammars.entrySet().iterator();
        while (characters > maxCharacters) {
            Map.Entry<Key, Made> gone = eldest.next();
            characters -= gone.getValue().size(gone.getKey());
            eldest.remove();
        }
    }
}
