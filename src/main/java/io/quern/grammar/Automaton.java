package io.quern.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A deterministic finite automaton over code points. State 0 is the start. Deterministic, because then only one
 * alternative of its grammar is open at each place of the text, however ambiguous the regular expression was.
 *
 * @param edges of each state; their sets are disjoint
 */
record Automaton(List<List<Edge>> edges, BitSet accepting) {
    record Edge(CodePoints set, int target) {}

    /** Returns the automaton of all texts of this length, in code points. */
    static Automaton ofLength(int min, int max) {
        List<List<Edge>> edges = new ArrayList<>();
        BitSet accepting = new BitSet();
        int last = max == Expression.Repeat.UNBOUNDED ? min : max;
        for (int length = 0; length <= last; length++) {
            boolean loops = length == last && max == Expression.Repeat.UNBOUNDED;
            edges.add(
                    length < last || loops
                            ? List.of(new Edge(CodePoints.ALL, loops ? length : length + 1))
                            : List.of());
            accepting.set(length, length >= min);
        }
        return new Automaton(edges, accepting);
    }

    /** Returns the automaton of digits whose number is a multiple; other characters do not count. */
    static Automaton ofMultiples(int divisor) {
        List<List<Edge>> edges = new ArrayList<>();
        for (int rest = 0; rest < divisor; rest++) {
            List<Edge> ofRest = new ArrayList<>();
            ofRest.add(new Edge(JsonRules.DIGITS.complement(), rest));
            for (int digit = 0; digit <= 9; digit++) {
                ofRest.add(new Edge(CodePoints.of('0' + digit), (rest * 10 + digit) % divisor));
            }
            edges.add(ofRest);
        }
        BitSet accepting = new BitSet();
        accepting.set(0);
        return new Automaton(edges, accepting);
    }

    /** Returns the automaton of these texts. */
    static Automaton ofAll(Iterable<String> texts, Work work) {
        List<Map<Integer, Integer>> children = new ArrayList<>();
        BitSet accepting = new BitSet();
        children.add(new LinkedHashMap<>());
        for (String text : texts) {
            work.step(text.length());
            accepting.set(add(text, children));
        }
        List<List<Edge>> edges = new ArrayList<>();
        for (Map<Integer, Integer> node : children) {
            List<Edge> ofNode = new ArrayList<>();
            node.forEach((c, child) -> ofNode.add(new Edge(CodePoints.of(c), child)));
            edges.add(ofNode);
        }
        return new Automaton(edges, accepting);
    }

    /** Adds a text to the tree, and returns the node where it ends. */
    private static int add(String text, List<Map<Integer, Integer>> children) {
        int node = 0;
        for (int c : text.codePoints().toArray()) {
            Integer next = children.get(node).get(c);
            if (next == null) {
                next = children.size();
                children.get(node).put(c, next);
                children.add(new LinkedHashMap<>());
            }
            node = next;
        }
        return node;
    }

    boolean isEmpty() {
        return accepting.isEmpty();
    }

    /** Returns the automaton of all texts but these. */
    static Automaton ofAllBut(Iterable<String> texts) {
        List<Map<Integer, Integer>> children = new ArrayList<>();
        children.add(new LinkedHashMap<>());
        BitSet forbidden = new BitSet();
        texts.forEach(text -> forbidden.set(add(text, children)));
        BitSet accepting = new BitSet();
        accepting.set(0, children.size());
        accepting.andNot(forbidden);
        return ofTree(children, accepting);
    }

    private static Automaton ofTree(List<Map<Integer, Integer>> children, BitSet accepting) {
        int other = children.size();
        List<List<Edge>> edges = new ArrayList<>();
        for (Map<Integer, Integer> node : children) {
            List<Edge> ofNode = new ArrayList<>();
            List<CodePoints> known = new ArrayList<>();
            node.forEach((c, child) -> {
                ofNode.add(new Edge(CodePoints.of(c), child));
                known.add(CodePoints.of(c));
            });
            ofNode.add(new Edge(CodePoints.union(known).complement(), other));
            edges.add(ofNode);
        }
        edges.add(List.of(new Edge(CodePoints.ALL, other)));
        accepting.set(other);
        return new Automaton(edges, accepting);
    }

    /**
     * Returns the automaton of the texts that both accept.
     *
     * @param work counts states and edges
     */
    Automaton and(Automaton other, Work work) {
        Map<Long, Integer> ids = new HashMap<>();
        List<long[]> todo = new ArrayList<>();
        List<List<Edge>> product = new ArrayList<>();
        BitSet both = new BitSet();
        ids.put(0L, 0);
        todo.add(new long[] {0, 0});
        for (int i = 0; i < todo.size(); i++) {
            work.state();
            int mine = (int) todo.get(i)[0];
            int others = (int) todo.get(i)[1];
            both.set(i, accepting.get(mine) && other.accepting.get(others));
            List<Edge> ofPair = new ArrayList<>();
            for (Edge a : edges.get(mine)) {
                for (Edge b : other.edges.get(others)) {
                    work.step(1);
                    CodePoints common = a.set.and(b.set);
                    if (!common.isEmpty()) {
                        long key = (long) a.target << 32 | b.target;
                        Integer target = ids.get(key);
                        if (target == null) {
                            target = todo.size();
                            ids.put(key, target);
                            todo.add(new long[] {a.target, b.target});
                        }
                        ofPair.add(new Edge(common, target));
                    }
                }
            }
            product.add(ofPair);
        }
        return new Automaton(product, both);
    }

    boolean accepts(String text) {
        int state = 0;
        for (int c : text.codePoints().toArray()) {
            int next = -1;
            for (Edge edge : edges.get(state)) {
                if (edge.set.contains(c)) {
                    next = edge.target;
                }
            }
            if (next < 0) {
                return false;
            }
            state = next;
        }
        return accepting.get(state);
    }
}
