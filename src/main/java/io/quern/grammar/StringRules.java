package io.quern.grammar;

import static io.quern.grammar.Expression.literal;
import static io.quern.grammar.Expression.reference;
import static io.quern.grammar.Expression.sequence;

import io.quern.grammar.Expression.Repeat;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;

/** Writes the rules of a string. */
record StringRules(String name, SchemaCompiler compiler) {
    /** A longer text that must match a pattern would need a state for each of its lengths. */
    private static final int MAX_LENGTH_WITH_PATTERN = 500;

    /** The automata of formats by their patterns, of which there are few. They take long to make. */
    private static final Map<String, Automaton> FORMATS = new ConcurrentHashMap<>();

    private static final String BASE64 = "(?:[A-Za-z0-9+/]{4})*";

    Expression of(Conjunction schemas) {
        Located first = schemas.schemas().getFirst();
        int min = schemas.min("minLength");
        int max = schemas.max("maxLength");
        if (min > max) {
            return compiler.impossible(first, "minLength", "is more than maxLength");
        }
        Automaton automaton = patterns(schemas, compiler.work());
        if (automaton == null) {
            return plain(first, min, max);
        }
        if (min > 0 || max != Integer.MAX_VALUE) {
            int bounded =
                    max == Integer.MAX_VALUE ? Repeat.UNBOUNDED : Math.min(max, Math.max(min, MAX_LENGTH_WITH_PATTERN));
            compiler.work().on(first.path(), min > 0 ? "minLength" : "maxLength");
            checkLength(first, "minLength", min);
            automaton = automaton.and(Automaton.ofLength(min, bounded), compiler.work());
        }
        if (automaton.isEmpty()) {
            return compiler.impossible(
                    first,
                    first.has("pattern") ? "pattern" : "format",
                    "allows no text together with the other keywords");
        }
        return sequence(literal("\""), compiler.add(name, automaton, true), literal("\""));
    }

    private Expression plain(Located first, int min, int max) {
        if (min == 0 && max == Integer.MAX_VALUE) {
            return reference(JsonRules.STRING);
        }
        int most = compiler.work().limits().repetitions();
        checkLength(first, "minLength", min / most);
        // more than any answer has
        int bounded = (max - min) / most > most ? Integer.MAX_VALUE : max;
        if (bounded != max && max != Integer.MAX_VALUE) {
            throw first.refuse("maxLength", "is too large");
        }
        return sequence(literal("\""), compiler.characters(name, reference(JsonRules.CHAR), min, max), literal("\""));
    }

    private void checkLength(Located schema, String keyword, int length) {
        if (length > compiler.work().limits().repetitions()) {
            throw schema.refuse(keyword, "is too large");
        }
    }

    /** Returns the automaton of texts that match all patterns and formats, or null if there are none. */
    static @Nullable Automaton patterns(Conjunction schemas, Work work) {
        Automaton all = null;
        for (Located schema : schemas.schemas()) {
            for (String keyword : new String[] {"pattern", "format", "contentEncoding"}) {
                Automaton one = pattern(schema, keyword, work);
                if (one != null) {
                    all = all == null ? one : all.and(one, work);
                }
            }
        }
        return all;
    }

    private static @Nullable Automaton pattern(Located schema, String keyword, Work work) {
        String text = Keywords.text(schema, keyword);
        if (text == null) {
            return null;
        }
        String path = schema.path() + "." + keyword;
        work.on(path, keyword);
        boolean search = keyword.equals("pattern");
        String pattern = search ? text : Formats.patternOf(text);
        if (keyword.equals("contentEncoding")) {
            if (!text.equals("base64")) {
                throw schema.refuse(keyword, "must be base64, the only encoding that is supported");
            }
            pattern = BASE64;
        }
        if (pattern == null) {
            return null;
        }
        if (search) {
            return Determinizer.anywhere(RegexParser.parse(pattern, work.limits(), path, keyword), work);
        }
        Automaton known = FORMATS.get(pattern);
        if (known == null) {
            // not counted as work of the request, because the next one would not have it
            known = Determinizer.whole(
                    RegexParser.parse(pattern, GrammarLimits.DEFAULT, path, keyword),
                    new Work(GrammarLimits.DEFAULT, path, keyword));
            FORMATS.put(pattern, known);
        }
        return known;
    }
}
