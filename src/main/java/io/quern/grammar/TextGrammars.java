package io.quern.grammar;

import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Makes grammars of texts that are not JSON: regular expressions, lists of choices, and grammars of clients. */
public record TextGrammars(GrammarLimits limits) {

    /**
     * Returns the grammar of the texts that match the regular expression as a whole.
     *
     * @param path for messages
     * @throws GrammarException if it is wrong, not supported or too large
     */
    public Grammar regex(String regex, String path) {
        refuseBroken(regex, path);
        Work work = new Work(limits, path, null);
        Automaton automaton = Determinizer.whole(RegexParser.parse(regex, limits, path, null), work);
        return build(automaton, path);
    }

    /**
     * Returns the grammar of exactly these texts.
     *
     * @param path for messages
     * @throws GrammarException if there are none, one is empty, or they are too large
     */
    public Grammar choice(List<String> texts, String path) {
        if (texts.isEmpty()) {
            throw new GrammarException(path, null, "must have at least one choice");
        }
        for (int i = 0; i < texts.size(); i++) {
            String place = path + "[" + i + "]";
            refuseBroken(texts.get(i), place);
            if (texts.get(i).isEmpty()) {
                throw new GrammarException(place, null, "must not be empty");
            }
        }
        Set<String> distinct = new LinkedHashSet<>(texts);
        return build(Automaton.ofAll(distinct, new Work(limits, path, null)), path);
    }

    /**
     * Checks a grammar in llama.cpp's notation.
     *
     * @param path for messages
     * @throws GrammarException if llama.cpp would refuse it, crash or stall
     */
    public Grammar gbnf(String text, String path) {
        refuseBroken(text, path);
        Map<String, Expression> rules = GbnfParser.parse(text, limits, path);
        if (!rules.containsKey(Grammar.ROOT)) {
            throw new GrammarException(path, null, "has no rule " + Grammar.ROOT);
        }
        GrammarBuilder builder = new GrammarBuilder(limits);
        rules.forEach(builder::rule);
        return builder.build(Grammar.ROOT, path);
    }

    private Grammar build(Automaton automaton, String path) {
        GrammarBuilder builder = new GrammarBuilder(limits);
        new AutomatonRules(Grammar.ROOT, automaton, Expression.CharSet::new, null).addTo(builder);
        return builder.build(Grammar.ROOT, path);
    }

    private static void refuseBroken(String text, String path) {
        if (text.indexOf('\0') >= 0 || Keywords.hasLoneSurrogate(text)) {
            throw new GrammarException(path, null, "has a NUL character or an unpaired surrogate");
        }
    }
}
