package io.quern.tools;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** Passes on the rest of arguments that are not JSON, up to a mark. */
final class Spill {
    private Spill() {}

    /** Returns whether the mark has been found, and taken. */
    static boolean read(Rest rest, Calls calls, @Nullable String close) {
        if (close == null) {
            calls.arguments(rest.take(rest.length()));
            return false;
        }
        Rest.Found found = rest.find(List.of(close));
        if (found == null) {
            calls.arguments(rest.take(rest.free(List.of(close))));
            return false;
        }
        calls.arguments(rest.take(found.at()));
        rest.drop(close.length());
        return true;
    }
}
