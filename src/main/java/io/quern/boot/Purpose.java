package io.quern.boot;

import java.util.function.Function;
import java.util.function.Supplier;

/** The reason for planning a boot. */
public enum Purpose {
    /** A start. Planning stops at the first problem, before it does anything slow. */
    START,
    /** A report. Planning keeps each problem and continues with the parts that do not depend on it. */
    REPORT;

    /**
     * Looks for a part.
     *
     * @throws RuntimeException the problem, when the plan is for a start
     */
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

    /** Looks for a part only if the part that it needs was found. */
    <T, U> Found<U> find(Found<T> needed, Function<T, U> look) {
        return needed.then(part -> find(() -> look.apply(part)));
    }
}
