package io.quern.boot;

import java.util.Optional;
import java.util.function.Function;

/** A part of the boot plan: found, or why it was not. */
public sealed interface Found<T> {

    record Here<T>(T part) implements Found<T> {}

    /** @param problem whose message is meant for a person */
    record Problem<T>(RuntimeException problem) implements Found<T> {}

    /** Not looked for, because a part that it needs was not found. */
    record Skipped<T>() implements Found<T> {}

    default Optional<T> found() {
        return this instanceof Here<T>(T part) ? Optional.of(part) : Optional.empty();
    }

    /**
     * @throws RuntimeException the problem itself
     * @throws IllegalStateException if it was not looked for
     */
    default T orThrow() {
        return switch (this) {
            case Here<T>(T part) -> part;
            case Problem<T>(RuntimeException problem) -> throw problem;
            case Skipped<T>() -> throw new IllegalStateException("This part of the boot plan was skipped, because a part that it needs was not found.");
        };
    }

    /** Looks for another part that needs this one; skipped if this one was not found, whose problem stays its own. */
    default <U> Found<U> then(Function<T, Found<U>> next) {
        return this instanceof Here<T>(T part) ? next.apply(part) : new Skipped<>();
    }
}
