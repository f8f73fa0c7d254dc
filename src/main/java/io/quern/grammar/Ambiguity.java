package io.quern.grammar;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Refuses grammars for which llama.cpp would have to follow more and more alternatives.
 *
 * <p>llama.cpp keeps one stack of places for each way to read the text so far. Two ways that meet in the same rule, but
 * go on differently after it, both live on. If that rule leads back to where they parted, their number doubles each
 * time: {@code root ::= "x" root "y" | "x" root "z" | "x"} has 2^n of them after n characters. This class follows all
 * pairs of ways that read the same characters, from each place where they part until they meet, and multiplies.
 */
final class Ambiguity {
    private static final int MAX_DEPTH = 32;
    private static final int EMPTY = 0;

    private final FlatGrammar grammar;
    private final GrammarLimits limits;
    private final GrammarProblem problem;
    private final Work work;

    /** The symbols of all alternatives one after the other; null ends an alternative. */
    private final List<FlatGrammar.Symbol> symbols = new ArrayList<>();

    private final List<List<Integer>> starts = new ArrayList<>();

    /** Stacks by number: the place at the top, and the stack below it. 0 is the empty stack. */
    private final List<int[]> stacks = new ArrayList<>(List.of(new int[] {-1, 0, 0}));

    private final Map<Long, Integer> numbers = new HashMap<>();
    private final Map<Integer, Advance> advances = new HashMap<>();
    private final Set<Long> seen = new HashSet<>();

    /**
     * For each rule, the rules in which ways that part in it meet again: what goes on after the meeting, and what else
     * may go on at the same time.
     */
    private final List<Map<Integer, Map<Integer, Set<Integer>>>> meetings = new ArrayList<>();

    /**
     * What a stack leads to without reading a character.
     *
     * @param ends stacks with a set of characters at the top
     * @param entries the rules that are entered, and the stacks that go on after them
     */
    private record Advance(List<Integer> ends, Map<Integer, Set<Integer>> entries) {}

    private record Pair(int a, int b) {}

    Ambiguity(FlatGrammar grammar, GrammarLimits limits, String path, GrammarProblem problem) {
        this.grammar = grammar;
        this.limits = limits;
        this.problem = problem;
        work = new Work(limits, path, null);
        for (FlatGrammar.Rule rule : grammar.rules()) {
            List<Integer> ofRule = new ArrayList<>();
            for (List<FlatGrammar.Symbol> alternative : rule.alternatives()) {
                ofRule.add(symbols.size());
                symbols.addAll(alternative);
                symbols.add(null);
            }
            starts.add(ofRule);
            meetings.add(new LinkedHashMap<>());
        }
    }

    void check() {
        for (int rule = 0; rule < starts.size(); rule++) {
            try {
                follow(rule);
            } catch (TooMany e) {
                throw problem.explain(grammar.rules().get(rule).name(), e.problem);
            }
        }
        refuseGrowth();
    }

    /** Ends the check of one rule. */
    private static final class TooMany extends RuntimeException {
        private final String problem;

        TooMany(String problem) {
            super(problem, null, false, false);
            this.problem = problem;
        }
    }

    private void follow(int rule) {
        Deque<Pair> todo = new ArrayDeque<>();
        List<Integer> alternatives = new ArrayList<>();
        for (int start : starts.get(rule)) {
            alternatives.add(push(start, EMPTY));
        }
        for (int i = 0; i < alternatives.size(); i++) {
            for (int j = i + 1; j < alternatives.size(); j++) {
                meet(rule, alternatives.get(i), alternatives.get(j), todo);
            }
        }
        for (int start : starts.get(rule)) {
            for (int place = start; symbols.get(place) != null; place++) {
                FlatGrammar.Symbol symbol = symbols.get(place);
                if (symbol.set() == null && grammar.nullable().get(symbol.rule())) {
                    int rest = push(place + 1, EMPTY);
                    for (int inner : starts.get(symbol.rule())) {
                        meet(rule, push(inner, rest), rest, todo);
                    }
                }
            }
        }
        while (!todo.isEmpty()) {
            Pair pair = todo.pop();
            if (set(pair.a).overlaps(set(pair.b))) {
                meet(rule, next(pair.a), next(pair.b), todo);
            }
        }
    }

    /** Pairs what two stacks lead to; where both enter the same rule, only what comes after it can differ. */
    private void meet(int rule, int a, int b, Deque<Pair> todo) {
        if (a == b || a == EMPTY || b == EMPTY) {
            return;
        }
        work();
        Advance ofA = advance(a);
        Advance ofB = advance(b);
        Set<Integer> common = Set.of();
        if (!ofA.entries.isEmpty() && !ofB.entries.isEmpty()) {
            common = new LinkedHashSet<>(ofA.entries.keySet());
            common.retainAll(ofB.entries.keySet());
        }
        for (int entered : common) {
            for (int afterA : ofA.entries.getOrDefault(entered, Set.of())) {
                for (int afterB : ofB.entries.getOrDefault(entered, Set.of())) {
                    work();
                    long key = (long) Math.min(afterA, afterB) << 32 | Math.max(afterA, afterB);
                    if (afterA != afterB) {
                        Map<Integer, Set<Integer>> ways =
                                meetings.get(rule).computeIfAbsent(entered, k -> new HashMap<>());
                        ways.computeIfAbsent(afterA, k -> new HashSet<>()).add(afterB);
                        ways.computeIfAbsent(afterB, k -> new HashSet<>()).add(afterA);
                        if (seen.add(key)) {
                            meet(rule, afterA, afterB, todo);
                        }
                    }
                }
            }
        }
        pair(ofA.ends, common.isEmpty() ? ofB.ends : ends(b, common), todo);
        if (!common.isEmpty()) {
            pair(ends(a, common), ofB.ends, todo);
        }
    }

    private void pair(List<Integer> some, List<Integer> others, Deque<Pair> todo) {
        for (int a : some) {
            for (int b : others) {
                work();
                long key = (long) Math.min(a, b) << 32 | Math.max(a, b) | Long.MIN_VALUE;
                if (a != b && set(a).overlaps(set(b)) && seen.add(key)) {
                    todo.push(new Pair(a, b));
                }
            }
        }
    }

    private Advance advance(int stack) {
        Advance known = advances.get(stack);
        if (known == null) {
            Map<Integer, Set<Integer>> entries = new LinkedHashMap<>();
            known = new Advance(expand(stack, Set.of(), entries), entries);
            advances.put(stack, known);
        }
        return known;
    }

    private List<Integer> ends(int stack, Set<Integer> without) {
        return expand(stack, without, new HashMap<>());
    }

    /** Follows references until each stack has a set of characters at its top. */
    private List<Integer> expand(int stack, Set<Integer> without, Map<Integer, Set<Integer>> entries) {
        List<Integer> ends = new ArrayList<>();
        Deque<Integer> todo = new ArrayDeque<>(List.of(stack));
        Set<Integer> visited = new HashSet<>();
        while (!todo.isEmpty()) {
            int next = todo.pop();
            if (next == EMPTY || !visited.add(next)) {
                continue;
            }
            work();
            FlatGrammar.Symbol symbol = symbols.get(stacks.get(next)[0]);
            if (symbol.set() != null) {
                ends.add(next);
                if (ends.size() > limits.alternatives()) {
                    throw new TooMany("opens more than " + limits.alternatives()
                            + " alternatives at one place (quern.grammar.max-alternatives)");
                }
            } else {
                int after = next(next);
                entries.computeIfAbsent(symbol.rule(), key -> new LinkedHashSet<>())
                        .add(after);
                if (!without.contains(symbol.rule())) {
                    starts.get(symbol.rule()).forEach(start -> todo.push(push(start, after)));
                }
            }
        }
        return ends;
    }

    private CodePoints set(int stack) {
        return java.util.Objects.requireNonNull(
                symbols.get(stacks.get(stack)[0]).set());
    }

    /** Returns the stack after its top was read. */
    private int next(int stack) {
        return push(stacks.get(stack)[0] + 1, stacks.get(stack)[1]);
    }

    /** Like llama.cpp, keeps no place at the end of an alternative, so that a last reference takes no space. */
    private int push(int place, int below) {
        if (symbols.get(place) == null) {
            return below;
        }
        int depth = stacks.get(below)[2] + 1;
        if (depth > MAX_DEPTH) {
            throw new TooMany("can be read in several ways for too long");
        }
        return numbers.computeIfAbsent((long) place << 32 | below, key -> {
            stacks.add(new int[] {place, below, depth});
            return stacks.size() - 1;
        });
    }

    private void work() {
        work.step(1);
    }

    /** Returns how many ways that part in a rule may enter the other at the same time; 0 if there is only one. */
    private int ways(int rule, int entered) {
        int most = meetings.get(rule).getOrDefault(entered, Map.of()).values().stream()
                .mapToInt(Set::size)
                .max()
                .orElse(0);
        return most == 0 ? 0 : most + 1;
    }

    /** Multiplies the ways along the references, and refuses a product that is too large or has no end. */
    private void refuseGrowth() {
        int count = starts.size();
        List<Set<Integer>> references = new ArrayList<>();
        for (int rule = 0; rule < count; rule++) {
            Set<Integer> ofRule = new LinkedHashSet<>(meetings.get(rule).keySet());
            grammar.rules()
                    .get(rule)
                    .alternatives()
                    .forEach(alternative -> alternative.forEach(symbol -> {
                        if (symbol.set() == null) {
                            ofRule.add(symbol.rule());
                        }
                    }));
            references.add(ofRule);
        }
        int[] component = new Components(references).find();
        long[] product = new long[count];
        // components are numbered from the leaves up
        List<List<Integer>> members = new ArrayList<>();
        for (int rule = 0; rule < count; rule++) {
            while (members.size() <= component[rule]) {
                members.add(new ArrayList<>());
            }
            members.get(component[rule]).add(rule);
        }
        for (List<Integer> ofComponent : members) {
            long largest = 1;
            for (int rule : ofComponent) {
                for (int next : references.get(rule)) {
                    int ways = ways(rule, next);
                    if (component[next] != component[rule]) {
                        largest = Math.max(largest, Math.max(1, ways) * product[next]);
                    } else if (ways > 0) {
                        throw problem.explain(
                                grammar.rules().get(rule).name(),
                                "has alternatives that begin alike and contain each other, so that ever more of them"
                                        + " stay possible");
                    }
                }
            }
            if (largest > limits.alternatives()) {
                throw problem.explain(
                        grammar.rules().get(ofComponent.getFirst()).name(),
                        "can be read in more than " + limits.alternatives() + " ways (quern.grammar.max-alternatives)");
            }
            for (int rule : ofComponent) {
                product[rule] = largest;
            }
        }
    }
}
