package io.quern.worker;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * A grammar that applies only after one of some texts has appeared. It is written as a grammar for the whole answer:
 * free text, in which an automaton looks for the texts (Aho, Corasick), and then the given grammar. Pure.
 *
 * <p>llama.cpp has lazy grammars of its own, but they end the process if the token that completes such a text goes on
 * with characters that the grammar rejects. This one checks each token like any other grammar.
 *
 * @param gbnf the grammar in llama.cpp's format
 * @param root the rule for the whole answer
 */
record LazyGrammar(String gbnf, String root) {
    private static final String ROOT = "root";

    /** The rule for free text up to a trigger and what follows it. The given grammar may refer to it. */
    private static final String LAZY = "lazy";

    /**
     * Creates the grammar.
     *
     * @param gbnf applies to what follows a trigger
     * @param triggers none of them empty; without triggers the grammar applies to the whole answer
     */
    static LazyGrammar of(String gbnf, List<String> triggers) {
        if (triggers.isEmpty()) {
            return new LazyGrammar(gbnf, ROOT);
        }
        StringBuilder rules = new StringBuilder(gbnf).append('\n');
        List<State> states = automaton(triggers);
        for (State state : states) {
            rules.append(name(state))
                    .append(" ::= ")
                    .append(alternatives(state))
                    .append('\n');
        }
        return new LazyGrammar(rules.toString(), LAZY);
    }

    /** What has been read of the triggers: the longest end of the text that begins one. */
    private static final class State {
        final int number;
        final TreeMap<Integer, State> next = new TreeMap<>();
        State shorter = this;
        boolean complete;

        State(int number) {
            this.number = number;
        }
    }

    private static List<State> automaton(List<String> triggers) {
        List<State> states = new ArrayList<>();
        State start = new State(0);
        states.add(start);
        for (String trigger : triggers) {
            State state = start;
            for (int character : trigger.codePoints().toArray()) {
                State from = state;
                state = from.next.computeIfAbsent(character, c -> {
                    State made = new State(states.size());
                    states.add(made);
                    return made;
                });
            }
            state.complete = true;
        }
        complete(start);
        return states.stream().filter(state -> !state.complete).toList();
    }

    /** Adds the transitions after a character that does not continue a trigger, from the shorter states on. */
    private static void complete(State start) {
        Deque<State> queue = new ArrayDeque<>();
        for (State child : start.next.values()) {
            child.shorter = start;
            queue.add(child);
        }
        while (!queue.isEmpty()) {
            State state = queue.remove();
            state.complete |= state.shorter.complete;
            for (Map.Entry<Integer, State> entry : state.next.entrySet()) {
                entry.getValue().shorter = state.shorter.next.getOrDefault(entry.getKey(), start);
                queue.add(entry.getValue());
            }
            // states are visited by length, so the shorter one is complete already
            state.shorter.next.forEach(state.next::putIfAbsent);
        }
    }

    private static String alternatives(State state) {
        StringBuilder others = new StringBuilder("[^");
        StringBuilder text = new StringBuilder();
        state.next.forEach((character, next) -> {
            String escaped = String.format("\\U%08X", character);
            others.append(escaped);
            text.append('"')
                    .append(escaped)
                    .append("\" ")
                    .append(next.complete ? ROOT : name(next))
                    .append(" | ");
        });
        return text.append(others).append("] ").append(LAZY).append(" | \"\"").toString();
    }

    private static String name(State state) {
        return state.number == 0 ? LAZY : LAZY + "-" + state.number;
    }
}
