package io.quern.grammar;

import java.util.List;

/** A regular expression. Immutable. */
sealed interface Regex {
    Regex EMPTY = new Sequence(List.of());

    /** Matches one code point of the set. */
    record Chars(CodePoints set) implements Regex {}

    /** Matches the empty text before the first character. */
    record Start() implements Regex {}

    /** Matches the empty text after the last character. */
    record End() implements Regex {}

    record Sequence(List<Regex> parts) implements Regex {}

    record Choice(List<Regex> alternatives) implements Regex {}

    /** Matches the operand several times; {@code max} may be {@link Expression.Repeat#UNBOUNDED}. */
    record Repeat(Regex operand, int min, int max) implements Regex {}
}
