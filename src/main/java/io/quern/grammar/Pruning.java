package io.quern.grammar;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Removes what no text can match: alternatives that never end, such as a recursion without an exit, and rules that
 * nothing refers to. The start stays, as {@link Expression#NEVER} if nothing matches it.
 */
final class Pruning {
    private final Map<String, Expression> rules;
    private final Set<String> productive = new HashSet<>();

    private Pruning(Map<String, Expression> rules) {
        this.rules = rules;
    }

    static Map<String, Expression> prune(Map<String, Expression> rules, String start) {
        Pruning pruning = new Pruning(rules);
        pruning.findProductive();
        return pruning.reachable(start);
    }

    /** Works backwards along the references, so that each rule is looked at once for each that it needs. */
    private void findProductive() {
        Map<String, Set<String>> users = new HashMap<>();
        rules.forEach((name, expression) -> References.in(expression)
                .forEach(used ->
                        users.computeIfAbsent(used, key -> new HashSet<>()).add(name)));
        Deque<String> todo = new ArrayDeque<>(rules.keySet());
        while (!todo.isEmpty()) {
            String name = todo.pop();
            Expression expression = rules.get(name);
            if (expression != null && !productive.contains(name) && isProductive(expression)) {
                productive.add(name);
                todo.addAll(users.getOrDefault(name, Set.of()));
            }
        }
    }

    private boolean isProductive(Expression expression) {
        return switch (expression) {
            case Expression.Literal literal -> true;
            case Expression.CharSet set -> !set.codePoints().isEmpty();
            case Expression.Reference reference ->
                productive.contains(reference.rule()) || !rules.containsKey(reference.rule());
            case Expression.Sequence sequence -> sequence.parts().stream().allMatch(this::isProductive);
            case Expression.Choice choice -> choice.alternatives().stream().anyMatch(this::isProductive);
            case Expression.Repeat repeat -> repeat.min() == 0 || isProductive(repeat.operand());
        };
    }

    private Map<String, Expression> reachable(String start) {
        Map<String, Expression> kept = new HashMap<>();
        Deque<String> todo = new ArrayDeque<>(List.of(start));
        while (!todo.isEmpty()) {
            String name = todo.pop();
            Expression expression = rules.get(name);
            if (expression != null && !kept.containsKey(name)) {
                Expression pruned = prune(expression);
                kept.put(name, pruned);
                todo.addAll(References.in(pruned));
            }
        }
        Map<String, Expression> inOrder = new LinkedHashMap<>();
        rules.keySet().stream().filter(kept::containsKey).forEach(name -> inOrder.put(name, kept.get(name)));
        return inOrder;
    }

    private Expression prune(Expression expression) {
        if (!isProductive(expression)) {
            return Expression.NEVER;
        }
        return switch (expression) {
            case Expression.Literal literal -> literal;
            case Expression.CharSet set -> set;
            case Expression.Reference reference -> reference;
            case Expression.Sequence sequence ->
                Expression.sequence(sequence.parts().stream().map(this::prune).toList());
            case Expression.Choice choice ->
                Expression.choice(choice.alternatives().stream()
                        .filter(this::isProductive)
                        .map(this::prune)
                        .toList());
            case Expression.Repeat repeat ->
                isProductive(repeat.operand())
                        ? new Expression.Repeat(prune(repeat.operand()), repeat.min(), repeat.max())
                        : Expression.EMPTY;
        };
    }
}
