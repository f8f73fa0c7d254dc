package io.quern.grammar;

import io.quern.grammar.Expression.Repeat;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A grammar as llama.cpp keeps it: alternatives of symbols, where groups and repetitions have become rules.
 *
 * @param rules by number; 0 is the start
 * @param nullable the rules that match the empty text
 */
record FlatGrammar(List<Rule> rules, BitSet nullable) {
    /**
     * A rule.
     *
     * @param name of the rule in the grammar that it is a part of
     */
    record Rule(String name, List<List<Symbol>> alternatives) {}

    /** A set of code points or, if that is null, the number of a rule. */
    record Symbol(@Nullable CodePoints set, int rule) {}

    /** Returns the rules that can come first, once for each place, as llama.cpp visits them. */
    List<Integer> leftmost(int rule) {
        List<Integer> found = new ArrayList<>();
        for (List<Symbol> alternative : rules.get(rule).alternatives()) {
            for (Symbol symbol : alternative) {
                if (symbol.set == null) {
                    found.add(symbol.rule);
                }
                if (symbol.set != null || !nullable.get(symbol.rule)) {
                    break;
                }
            }
        }
        return found;
    }

    static FlatGrammar of(Grammar grammar, GrammarLimits limits, GrammarProblem problem) {
        return new Flattening(limits, problem).flatten(grammar);
    }

    private static final class Flattening {
        private final List<Rule> rules = new ArrayList<>();
        private final Map<String, Integer> numbers = new HashMap<>();
        private final GrammarLimits limits;
        private final GrammarProblem problem;
        private long symbols;

        Flattening(GrammarLimits limits, GrammarProblem problem) {
            this.limits = limits;
            this.problem = problem;
        }

        FlatGrammar flatten(Grammar grammar) {
            numbers.put(grammar.start(), 0);
            grammar.rules().keySet().forEach(name -> numbers.putIfAbsent(name, numbers.size()));
            numbers.keySet().forEach(name -> rules.add(new Rule("", List.of())));
            grammar.rules().forEach((name, expression) -> {
                Integer number = numbers.get(name);
                if (number != null) {
                    rules.set(number, new Rule(name, alternatives(expression, name)));
                }
            });
            return new FlatGrammar(rules, nullable());
        }

        private List<List<Symbol>> alternatives(Expression expression, String name) {
            List<List<Symbol>> found = new ArrayList<>();
            for (Expression alternative :
                    expression instanceof Expression.Choice choice ? choice.alternatives() : List.of(expression)) {
                List<Symbol> symbols = new ArrayList<>();
                append(symbols, alternative, name);
                found.add(symbols);
            }
            return found;
        }

        private void append(List<Symbol> out, Expression expression, String name) {
            switch (expression) {
                case Expression.Literal literal ->
                    literal.text().codePoints().forEach(c -> add(out, new Symbol(CodePoints.of(c), -1), name));
                case Expression.CharSet set -> add(out, new Symbol(set.codePoints(), -1), name);
                case Expression.Reference reference -> {
                    Integer number = numbers.get(reference.rule());
                    if (number == null) {
                        throw problem.explain(
                                name, "refers to the rule " + reference.rule() + ", which does not exist");
                    }
                    add(out, new Symbol(null, number), name);
                }
                case Expression.Sequence sequence -> sequence.parts().forEach(part -> append(out, part, name));
                case Expression.Choice choice ->
                    add(out, new Symbol(null, add(name, alternatives(choice, name))), name);
                case Expression.Repeat repeat -> repeat(out, repeat, name);
            }
        }

        private void repeat(List<Symbol> out, Expression.Repeat repeat, String name) {
            List<Symbol> operand = new ArrayList<>();
            append(operand, repeat.operand(), name);
            for (int i = 0; i < repeat.min(); i++) {
                operand.forEach(symbol -> add(out, symbol, name));
            }
            if (repeat.max() == Repeat.UNBOUNDED) {
                int loop = rules.size();
                add(name, List.of());
                rules.set(loop, new Rule(name, List.of(with(operand, loop, name), List.of())));
                add(out, new Symbol(null, loop), name);
                return;
            }
            int rest = -1;
            for (int i = repeat.min(); i < repeat.max(); i++) {
                rest = add(name, List.of(with(operand, rest, name), List.of()));
            }
            if (rest >= 0) {
                add(out, new Symbol(null, rest), name);
            }
        }

        private List<Symbol> with(List<Symbol> operand, int rest, String name) {
            List<Symbol> symbols = new ArrayList<>();
            operand.forEach(symbol -> add(symbols, symbol, name));
            if (rest >= 0) {
                add(symbols, new Symbol(null, rest), name);
            }
            return symbols;
        }

        private int add(String name, List<List<Symbol>> alternatives) {
            rules.add(new Rule(name, alternatives));
            if (rules.size() > limits.rules()) {
                throw problem.explain(
                        name, "takes the grammar beyond " + limits.rules() + " rules (quern.grammar.max-rules)");
            }
            return rules.size() - 1;
        }

        private void add(List<Symbol> out, Symbol symbol, String name) {
            out.add(symbol);
            symbols += symbol.set == null ? 1 : symbol.set.ranges().size();
            if (symbols > 10L * limits.rules()) {
                throw problem.explain(
                        name,
                        "takes the grammar beyond " + 10L * limits.rules()
                                + " symbols, ten times quern.grammar.max-rules");
            }
        }

        private BitSet nullable() {
            BitSet found = new BitSet();
            Map<Integer, List<Integer>> users = new HashMap<>();
            java.util.ArrayDeque<Integer> todo = new java.util.ArrayDeque<>();
            for (int i = 0; i < rules.size(); i++) {
                int user = i;
                todo.add(i);
                rules.get(i)
                        .alternatives()
                        .forEach(symbols -> symbols.forEach(symbol -> {
                            if (symbol.set == null) {
                                users.computeIfAbsent(symbol.rule, key -> new ArrayList<>())
                                        .add(user);
                            }
                        }));
            }
            while (!todo.isEmpty()) {
                int rule = todo.poll();
                boolean empty = !found.get(rule)
                        && rules.get(rule).alternatives().stream().anyMatch(symbols -> symbols.stream()
                                .allMatch(symbol -> symbol.set == null && found.get(symbol.rule)));
                if (empty) {
                    found.set(rule);
                    todo.addAll(users.getOrDefault(rule, List.of()));
                }
            }
            return found;
        }
    }
}
