package io.quern.grammar;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/** Makes the deterministic automaton of a regular expression: Thompson's construction, then that of subsets. */
final class Determinizer {
    private enum Kind {
        CHARS,
        ALWAYS,
        AT_START,
        AT_END
    }

    private record Edge(Kind kind, CodePoints set, int target) {}

    private final List<List<Edge>> states = new ArrayList<>();
    private final Work work;
    private final int end;

    private Determinizer(Regex regex, boolean search, Work work) {
        this.work = work;
        int start = state();
        end = state();
        if (search) {
            int before = state();
            int after = state();
            add(start, Kind.ALWAYS, CodePoints.NONE, before);
            add(before, Kind.CHARS, CodePoints.ALL, before);
            add(after, Kind.CHARS, CodePoints.ALL, after);
            add(after, Kind.ALWAYS, CodePoints.NONE, end);
            build(regex, before, after);
        } else {
            build(regex, start, end);
        }
    }

    /** Returns the automaton of the texts that match as a whole. */
    static Automaton whole(Regex regex, Work work) {
        return new Determinizer(regex, false, work).determinize();
    }

    /** Returns the automaton of the texts that contain a match. */
    static Automaton anywhere(Regex regex, Work work) {
        return new Determinizer(regex, true, work).determinize();
    }

    private int state() {
        // states of this kind do not end up in the grammar, so they do not count as rules
        work.step(1);
        states.add(new ArrayList<>(2));
        return states.size() - 1;
    }

    private void add(int from, Kind kind, CodePoints set, int to) {
        states.get(from).add(new Edge(kind, set, to));
    }

    private void build(Regex regex, int from, int to) {
        switch (regex) {
            case Regex.Chars chars -> add(from, Kind.CHARS, chars.set(), to);
            case Regex.Start start -> add(from, Kind.AT_START, CodePoints.NONE, to);
            case Regex.End atEnd -> add(from, Kind.AT_END, CodePoints.NONE, to);
            case Regex.Choice choice -> choice.alternatives().forEach(part -> build(part, from, to));
            case Regex.Sequence sequence -> {
                int last = from;
                for (Regex part : sequence.parts()) {
                    int next = state();
                    build(part, last, next);
                    last = next;
                }
                add(last, Kind.ALWAYS, CodePoints.NONE, to);
            }
            case Regex.Repeat repeat -> repeat(repeat, from, to);
        }
    }

    private void repeat(Regex.Repeat repeat, int from, int to) {
        // an alternative of the same choice must not loop through this state
        int last = state();
        add(from, Kind.ALWAYS, CodePoints.NONE, last);
        for (int i = 0; i < repeat.min(); i++) {
            int next = state();
            build(repeat.operand(), last, next);
            last = next;
        }
        if (repeat.max() == Expression.Repeat.UNBOUNDED) {
            int loop = state();
            add(last, Kind.ALWAYS, CodePoints.NONE, loop);
            build(repeat.operand(), loop, loop);
            add(loop, Kind.ALWAYS, CodePoints.NONE, to);
            return;
        }
        for (int i = repeat.min(); i < repeat.max(); i++) {
            add(last, Kind.ALWAYS, CodePoints.NONE, to);
            int next = state();
            build(repeat.operand(), last, next);
            last = next;
        }
        add(last, Kind.ALWAYS, CodePoints.NONE, to);
    }

    private Automaton determinize() {
        Map<BitSet, Integer> ids = new HashMap<>();
        List<BitSet> subsets = new ArrayList<>();
        List<List<Automaton.Edge>> edges = new ArrayList<>();
        BitSet accepting = new BitSet();
        BitSet first = new BitSet();
        first.set(0);
        // not among the ids: later states with the same members are past the start
        subsets.add(closure(first, true, false));
        for (int i = 0; i < subsets.size(); i++) {
            work.state();
            BitSet subset = subsets.get(i);
            accepting.set(i, closure(subset, i == 0, true).get(end));
            Map<Integer, List<CodePoints>> byTarget = new LinkedHashMap<>();
            targets(subset).forEach((set, members) -> {
                BitSet closed = closure(members, false, false);
                Integer id = ids.get(closed);
                if (id == null) {
                    id = subsets.size();
                    ids.put(closed, id);
                    subsets.add(closed);
                }
                byTarget.computeIfAbsent(id, key -> new ArrayList<>()).add(set);
            });
            List<Automaton.Edge> ofSubset = new ArrayList<>();
            byTarget.forEach((id, sets) -> ofSubset.add(new Automaton.Edge(CodePoints.union(sets), id)));
            edges.add(ofSubset);
        }
        return new Automaton(edges, accepting);
    }

    /** Returns where each interval of code points leads. */
    private Map<CodePoints, BitSet> targets(BitSet subset) {
        List<Edge> outgoing = new ArrayList<>();
        TreeSet<Integer> starts = new TreeSet<>();
        subset.stream().forEach(state -> states.get(state).stream()
                .filter(edge -> edge.kind == Kind.CHARS)
                .forEach(edge -> {
                    // sets such as that of all letters have hundreds
                    work.step(edge.set.ranges().size());
                    outgoing.add(edge);
                    edge.set.ranges().forEach(range -> {
                        starts.add(range.first());
                        starts.add(range.last() + 1);
                    });
                }));
        Map<BitSet, List<CodePoints>> sets = new LinkedHashMap<>();
        for (Integer start : starts) {
            BitSet members = new BitSet();
            for (Edge edge : outgoing) {
                work.step(1);
                if (edge.set.contains(start)) {
                    members.set(edge.target);
                }
            }
            Integer next = starts.higher(start);
            if (!members.isEmpty() && next != null) {
                sets.computeIfAbsent(members, key -> new ArrayList<>()).add(CodePoints.range(start, next - 1));
            }
        }
        Map<CodePoints, BitSet> targets = new LinkedHashMap<>();
        sets.forEach((members, found) -> targets.put(CodePoints.union(found), members));
        return targets;
    }

    private BitSet closure(BitSet members, boolean atStart, boolean atEnd) {
        BitSet closed = new BitSet();
        closed.or(members);
        List<Integer> todo = new ArrayList<>(members.stream().boxed().toList());
        while (!todo.isEmpty()) {
            for (Edge edge : states.get(todo.removeLast())) {
                work.step(1);
                boolean passable =
                        switch (edge.kind) {
                            case CHARS -> false;
                            case ALWAYS -> true;
                            case AT_START -> atStart;
                            case AT_END -> atEnd;
                        };
                if (passable && !closed.get(edge.target)) {
                    closed.set(edge.target);
                    todo.add(edge.target);
                }
            }
        }
        return closed;
    }
}
