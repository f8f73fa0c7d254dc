package io.quern.grammar;

import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * Limits of one grammar, of the work to make it, and of its use.
 *
 * @param bytes of a grammar in GBNF, as UTF-8
 * @param rules of a grammar, including those that llama.cpp makes of groups and repetitions
 * @param depth of nested groups in a grammar or regular expression, and of nested JSON values in a schema
 * @param repetitions of one expression, or elements and properties that a schema may ask for
 * @param alternatives that may be open at one place of the text
 * @param steps for compilation and checks; most schemas take a few thousand
 * @param tokenTime how long llama.cpp may take for one token
 * @param taken the steps that the other grammars of the same request have taken, which count too; null: each grammar
 *     counts for itself
 */
public record GrammarLimits(
        int bytes,
        int rules,
        int depth,
        int repetitions,
        int alternatives,
        int steps,
        Duration tokenTime,
        @Nullable Steps taken) {
    private static final Duration TOKEN_TIME = Duration.ofSeconds(3);

    public static final GrammarLimits DEFAULT = new GrammarLimits(1 << 20, 20_000, 64, 2000, 1000, 1_000_000);

    /** Creates limits with the default time of a token. Each grammar counts for itself. */
    public GrammarLimits(int bytes, int rules, int depth, int repetitions, int alternatives, int steps) {
        this(bytes, rules, depth, repetitions, alternatives, steps, TOKEN_TIME, null);
    }

    /** A count that all grammars of a request share. Not thread-safe. */
    public static final class Steps {
        private int count;

        private Steps() {}
    }

    /** Returns the same limits for all grammars of one request together. Not thread-safe. */
    public GrammarLimits ofOneRequest() {
        return new GrammarLimits(bytes, rules, depth, repetitions, alternatives, steps, tokenTime, new Steps());
    }

    /** Returns the same limits for a grammar that counts for itself. */
    GrammarLimits alone() {
        return new GrammarLimits(bytes, rules, depth, repetitions, alternatives, steps, tokenTime, null);
    }

    /** Returns the limits with this time of a token. */
    GrammarLimits withTokenTime(Duration time) {
        return new GrammarLimits(bytes, rules, depth, repetitions, alternatives, steps, time, taken);
    }

    /** Counts further steps, and returns how many the request has taken by now, or the work if it counts for itself. */
    int add(int already, int further) {
        if (taken == null) {
            return already + further;
        }
        taken.count += further;
        return taken.count;
    }
}
