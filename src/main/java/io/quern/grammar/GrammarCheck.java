package io.quern.grammar;

import java.nio.charset.StandardCharsets;
import java.util.BitSet;

/**
 * Checks that llama.cpp can work with a grammar: what would make it crash, recurse without end, or hold more and more
 * alternatives is refused.
 *
 * @param path of what the grammar was made from, for messages
 */
record GrammarCheck(GrammarLimits limits, String path, GrammarProblem problem) {
    /** llama.cpp looks for left recursion by recursion, and does not remember what it has seen. */
    private static final int MAX_CHAIN = 3000;

    private static final long MAX_CALLS = 1_000_000;

    void check(Grammar grammar) {
        if (Expression.NEVER.equals(grammar.rules().get(grammar.start()))) {
            throw problem.explain(null, "allows no text");
        }
        FlatGrammar flat = FlatGrammar.of(grammar, limits, problem);
        refuseLeftRecursion(flat);
        new Ambiguity(flat, limits, path, problem).check();
        int bytes = grammar.gbnf().getBytes(StandardCharsets.UTF_8).length;
        if (bytes > limits.bytes()) {
            throw problem.explain(
                    null,
                    "makes a grammar of " + bytes + " bytes; at most " + limits.bytes()
                            + " are allowed (quern.grammar.max-size)");
        }
    }

    /** Walks along the leftmost references without recursion, and counts as llama.cpp would. */
    private void refuseLeftRecursion(FlatGrammar flat) {
        int count = flat.rules().size();
        long[] calls = new long[count];
        int[] chain = new int[count];
        BitSet done = new BitSet(count);
        BitSet active = new BitSet(count);
        for (int start = 0; start < count; start++) {
            java.util.ArrayDeque<Integer> stack = new java.util.ArrayDeque<>();
            stack.push(start);
            while (!stack.isEmpty()) {
                int rule = stack.peek();
                if (done.get(rule)) {
                    stack.pop();
                    continue;
                }
                boolean entered = active.get(rule);
                active.set(rule);
                boolean ready = true;
                for (int next : flat.leftmost(rule)) {
                    if (!done.get(next)) {
                        if (active.get(next)) {
                            throw problem.explain(
                                    flat.rules().get(rule).name(),
                                    "is left recursive, or repeats something that may be empty");
                        }
                        if (!entered) {
                            stack.push(next);
                        }
                        ready = false;
                    }
                }
                if (ready) {
                    finish(flat, rule, calls, chain);
                    active.clear(rule);
                    done.set(rule);
                    stack.pop();
                }
            }
        }
    }

    private void finish(FlatGrammar flat, int rule, long[] calls, int[] chain) {
        calls[rule] = 1;
        for (int next : flat.leftmost(rule)) {
            calls[rule] = Math.min(MAX_CALLS + 1, calls[rule] + calls[next]);
            chain[rule] = Math.max(chain[rule], chain[next] + 1);
        }
        if (calls[rule] > MAX_CALLS || chain[rule] > MAX_CHAIN) {
            throw problem.explain(
                    flat.rules().get(rule).name(), "begins with too many rules that begin with other rules");
        }
    }
}
