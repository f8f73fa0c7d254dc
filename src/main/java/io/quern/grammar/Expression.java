package io.quern.grammar;

import java.util.List;

/** The right side of a rule. Immutable. */
public sealed interface Expression {
    /** Matches the empty text. */
    Expression EMPTY = new Sequence(List.of());

    /** Matches nothing at all. A grammar contains it only until it is built. */
    Expression NEVER = new Choice(List.of());

    /** Matches this text. */
    record Literal(String text) implements Expression {}

    /** Matches one code point of the set. */
    record CharSet(CodePoints codePoints) implements Expression {}

    /** Matches what the rule with this name matches. */
    record Reference(String rule) implements Expression {}

    /** Matches the parts one after the other. */
    record Sequence(List<Expression> parts) implements Expression {
        public Sequence {
            parts = List.copyOf(parts);
        }
    }

    /** Matches one of the alternatives. */
    record Choice(List<Expression> alternatives) implements Expression {
        public Choice {
            alternatives = List.copyOf(alternatives);
        }
    }

    /**
     * Matches the operand several times.
     *
     * @param max {@link #UNBOUNDED} for any number
     */
    record Repeat(Expression operand, int min, int max) implements Expression {
        public static final int UNBOUNDED = -1;

        public Repeat {
            if (min < 0 || max != UNBOUNDED && max < min) {
                throw new IllegalArgumentException("repetition from " + min + " to " + max);
            }
        }
    }

    static Expression literal(String text) {
        return text.isEmpty() ? EMPTY : new Literal(text);
    }

    static Expression reference(String rule) {
        return new Reference(rule);
    }

    static Expression sequence(Expression... parts) {
        return sequence(List.of(parts));
    }

    static Expression sequence(List<Expression> parts) {
        return parts.size() == 1 ? parts.getFirst() : new Sequence(parts);
    }

    static Expression choice(Expression... alternatives) {
        return choice(List.of(alternatives));
    }

    static Expression choice(List<Expression> alternatives) {
        List<Expression> distinct = alternatives.stream().distinct().toList();
        return distinct.size() == 1 ? distinct.getFirst() : new Choice(distinct);
    }

    static Expression optional(Expression operand) {
        return new Repeat(operand, 0, 1);
    }

    /** Returns the operand, repeated {@code min} to {@code max} times. */
    static Expression repeat(Expression operand, int min, int max) {
        return min == 1 && max == 1 ? operand : max == 0 ? EMPTY : new Repeat(operand, min, max);
    }
}
