package io.quern.grammar;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.random.RandomGenerator;

/** Writes random texts that a grammar matches. Past a depth it takes the shortest way out, so that recursion ends. */
public final class Sentences {
    private static final int MAX_DEPTH = 40;
    private static final int MORE = 4;
    private static final int NEVER = Integer.MAX_VALUE / 4;

    private final Grammar grammar;
    private final Map<String, Integer> heights = new HashMap<>();

    public Sentences(Grammar grammar) {
        this.grammar = grammar;
        boolean changed = true;
        while (changed) {
            changed = false;
            for (Map.Entry<String, Expression> rule : grammar.rules().entrySet()) {
                int height = 1 + height(rule.getValue());
                if (height < heights.getOrDefault(rule.getKey(), NEVER)) {
                    heights.put(rule.getKey(), height);
                    changed = true;
                }
            }
        }
    }

    public String next(RandomGenerator random) {
        StringBuilder out = new StringBuilder();
        write(new Expression.Reference(grammar.start()), random, 0, out);
        return out.toString();
    }

    private int height(Expression expression) {
        return switch (expression) {
            case Expression.Literal literal -> 0;
            case Expression.CharSet set -> 0;
            case Expression.Reference reference -> heights.getOrDefault(reference.rule(), NEVER);
            case Expression.Sequence sequence ->
                sequence.parts().stream().mapToInt(this::height).max().orElse(0);
            case Expression.Choice choice ->
                choice.alternatives().stream().mapToInt(this::height).min().orElse(NEVER);
            case Expression.Repeat repeat -> repeat.min() == 0 ? 0 : height(repeat.operand());
        };
    }

    private void write(Expression expression, RandomGenerator random, int depth, StringBuilder out) {
        switch (expression) {
            case Expression.Literal literal -> out.append(literal.text());
            case Expression.CharSet set -> out.appendCodePoint(pick(set.codePoints(), random));
            case Expression.Reference reference -> write(grammar.rules().get(reference.rule()), random, depth + 1, out);
            case Expression.Sequence sequence -> sequence.parts().forEach(part -> write(part, random, depth, out));
            case Expression.Choice choice -> {
                List<Expression> ways = choice.alternatives();
                Expression way = ways.get(random.nextInt(ways.size()));
                if (depth > MAX_DEPTH) {
                    for (Expression other : ways) {
                        way = height(other) < height(way) ? other : way;
                    }
                }
                write(way, random, depth, out);
            }
            case Expression.Repeat repeat -> {
                int most = repeat.max() == Expression.Repeat.UNBOUNDED
                        ? repeat.min() + MORE
                        : random.nextInt(4) == 0 ? repeat.max() : Math.min(repeat.max(), repeat.min() + MORE);
                int times = depth > MAX_DEPTH ? repeat.min() : random.nextInt(repeat.min(), most + 1);
                for (int i = 0; i < times; i++) {
                    write(repeat.operand(), random, depth, out);
                }
            }
        }
    }

    /** Ends of ranges come often, because that is where mistakes are. */
    private static int pick(CodePoints set, RandomGenerator random) {
        CodePoints.Range range = set.ranges().get(random.nextInt(set.ranges().size()));
        return switch (random.nextInt(4)) {
            case 0 -> range.first();
            case 1 -> range.last();
            default -> random.nextInt(range.first(), Math.min(range.last(), range.first() + 200) + 1);
        };
    }
}
