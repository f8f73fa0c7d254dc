package io.quern.boot;

import java.util.function.Function;
import java.util.function.Supplier;

/** What a boot is planned for. */
public enum Purpose {
    /** A start: it stops at the first problem, before it does what takes longer. */
    START,
    /** A report: each problem is kept, and what does not need the missing part is looked for all the same. */
    REPORT;

    /** @throws RuntimeException the problem, for a start */
    public <T> Found<T> find(Supplier<T> look) {
        try {
            return new Found.Here<>(look.get());
        } catch (RuntimeException e) {
            if (this == START) {
                throw e;
            }
            return new Found.Problem<>(e);
        }
    }

    /** Looks only if what it needs was found. */
    <T, U> Found<U> find(Found<T> needed, Function<T, U> look) {
        return needed.then(part -> find(() -> look.apply(part)));
    }
}
