package io.quern.boot;

import java.util.Optional;
import java.util.function.Function;

/** A part of the boot plan that was found, or the reason why it is missing. */
public sealed interface Found<T> {

    record Here<T>(T part) implements Found<T> {}

    /** @param problem the reason; its message is meant for a person */
    record Problem<T>(RuntimeException problem) implements Found<T> {}

    /** Nobody looked for this part, because a part that it needs was not found. */
    record Skipped<T>() implements Found<T> {}

    default Optional<T> found() {
        return this instanceof Here<T>(T part) ? Optional.of(part) : Optional.empty();
    }

    /**
     * Returns the part.
     *
     * @throws RuntimeException the problem, if there was one
     * @throws IllegalStateException if the part was skipped
     */
    default T orThrow() {
        return switch (this) {
            case Here<T>(T part) -> part;
            case Problem<T>(RuntimeException problem) -> throw problem;
            case Skipped<T>() ->
                throw new IllegalStateException(
                        "This part of the boot plan was skipped, because a part that it needs was not found.");
        };
    }

    /** Returns a part of this part. */
    default <U> Found<U> map(Function<T, U> of) {
        return switch (this) {
            case Here<T>(T part) -> new Here<>(of.apply(part));
            case Problem<T>(RuntimeException problem) -> new Problem<>(problem);
            case Skipped<T>() -> new Skipped<>();
        };
    }

    /** Looks for another part that needs this one. The result is skipped if this part was not found. */
    default <U> Found<U> then(Function<T, Found<U>> next) {
        return this instanceof Here<T>(T part) ? next.apply(part) : new Skipped<>();
    }
}
