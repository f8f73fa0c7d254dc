package io.quern.generation;

import java.time.Duration;
import java.util.List;
import java.util.Objects;

/**
 * A grammar that the answer must obey. It reaches llama.cpp as it is, which a hostile grammar can end or stall; so
 * check texts that are not your own before.
 *
 * @param gbnf the grammar in llama.cpp's format; its start is the rule {@code root}
 * @param triggers if there are any, the answer is free until one of these texts appears in it, and {@code root} applies
 *     to what follows that text. The grammar may refer to the rule {@code lazy}, which is free text up to the next
 *     trigger and what follows it, and must not define rules whose names begin with {@code lazy}. The answer may end in
 *     free text
 * @param field the field of the client's request that errors in the grammar name
 * @param tokenTime how long llama.cpp may take for one token
 */
public record Constraint(String gbnf, List<String> triggers, String field, Duration tokenTime) {
    public static final int MAX_TRIGGERS = 16;

    public Constraint {
        Objects.requireNonNull(gbnf);
        Objects.requireNonNull(field);
        triggers = List.copyOf(triggers);
        Ranges.requireAtMost(field, triggers.size(), MAX_TRIGGERS, "triggers");
        if (triggers.stream().anyMatch(String::isEmpty)) {
            throw new InvalidRequestException(field, "has an empty trigger");
        }
    }

    /** Creates a constraint that applies from the first token. */
    public Constraint(String gbnf, String field, Duration tokenTime) {
        this(gbnf, List.of(), field, tokenTime);
    }

    /** Returns whether the grammar applies only from a trigger on. */
    public boolean lazy() {
        return !triggers.isEmpty();
    }
}
