package io.quern.generation;

import java.util.List;
import java.util.Objects;

/**
 * A grammar that the answer must obey.
 *
 * @param gbnf the grammar in llama.cpp's format; its start is the rule {@code root}
 * @param triggers if there are any, the grammar applies only from the first match of one of these regular expressions
 *     (as C++'s std::regex reads them) in the answer: from the beginning of its first group, or of the whole match if
 *     it has no group
 * @param field the field of the client's request that errors in the grammar name
 */
public record Constraint(String gbnf, List<String> triggers, String field) {
    public static final int MAX_TRIGGERS = 16;

    public Constraint {
        Objects.requireNonNull(gbnf);
        Objects.requireNonNull(field);
        triggers = List.copyOf(triggers);
        Ranges.requireAtMost(field, triggers.size(), MAX_TRIGGERS, "triggers");
    }

    /** Creates a constraint that applies from the first token. */
    public Constraint(String gbnf, String field) {
        this(gbnf, List.of(), field);
    }

    /** Returns whether the grammar applies only from a trigger on. */
    public boolean lazy() {
        return !triggers.isEmpty();
    }
}
