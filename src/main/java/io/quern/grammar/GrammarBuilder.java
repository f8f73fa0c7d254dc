package io.quern.grammar;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/** Puts a grammar together from rules and other grammars. Not thread-safe. */
public final class GrammarBuilder {
    private static final Pattern NAME = Pattern.compile("[a-zA-Z0-9-]+");

    private final GrammarLimits limits;
    private final Map<String, Expression> rules = new LinkedHashMap<>();

    public GrammarBuilder(GrammarLimits limits) {
        this.limits = limits;
    }

    /**
     * Adds a rule.
     *
     * @param name letters, digits and hyphens
     */
    public GrammarBuilder rule(String name, Expression expression) {
        if (!NAME.matcher(name).matches()) {
            throw new IllegalArgumentException("not a name of a rule: " + name);
        }
        if (rules.putIfAbsent(name, expression) != null) {
            throw new IllegalArgumentException("there is already a rule " + name);
        }
        return this;
    }

    /** Adds all rules of another grammar. Its start gets this name, and its other rules begin with it. */
    public GrammarBuilder embed(String name, Grammar grammar) {
        Renaming renaming = new Renaming(name, grammar.start());
        grammar.rules().forEach((rule, expression) -> rule(renaming.of(rule), renaming.in(expression)));
        return this;
    }

    /**
     * Builds the grammar, without rules that it does not need.
     *
     * @param start the name of the rule that describes the whole text
     * @param path of what the grammar was made from, for messages
     * @throws GrammarException if llama.cpp could not work with the grammar, or if no text matches it
     */
    public Grammar build(String start, String path) {
        return build(
                start,
                path,
                (rule, problem) -> new GrammarException(
                        path, null, rule == null ? problem : "has a rule " + rule + " that " + problem));
    }

    Grammar build(String start, String path, GrammarProblem explanation) {
        Grammar grammar = new Grammar(Pruning.prune(rules, start), start);
        new GrammarCheck(limits, path, explanation).check(grammar);
        return grammar;
    }

    private record Renaming(String name, String start) {
        String of(String rule) {
            return rule.equals(start) ? name : name + "-" + rule;
        }

        Expression in(Expression expression) {
            return switch (expression) {
                case Expression.Literal literal -> literal;
                case Expression.CharSet set -> set;
                case Expression.Reference reference -> new Expression.Reference(of(reference.rule()));
                case Expression.Sequence sequence -> new Expression.Sequence(in(sequence.parts()));
                case Expression.Choice choice -> new Expression.Choice(in(choice.alternatives()));
                case Expression.Repeat repeat ->
                    new Expression.Repeat(in(repeat.operand()), repeat.min(), repeat.max());
            };
        }

        private List<Expression> in(List<Expression> expressions) {
            return expressions.stream().map(this::in).toList();
        }
    }
}
