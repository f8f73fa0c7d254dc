package io.quern.embed;

import io.quern.text.Printable;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Copies an exception so that a log may print it: its messages and those of its causes are printable, and the rest does
 * not change.
 */
final class EscapedThrowable extends Throwable {
    private static final long serialVersionUID = 1L;

    private final String shown;
    private final @Nullable Throwable cause;

    private EscapedThrowable(Throwable original, Set<Throwable> seen) {
        super(null, null, true, true);
        seen.add(original);
        shown = Printable.lines(String.valueOf(original));
        setStackTrace(original.getStackTrace());
        Throwable inner = original.getCause();
        cause = inner != null && seen.add(inner) ? new EscapedThrowable(inner, seen) : null;
        for (Throwable suppressed : original.getSuppressed()) {
            if (seen.add(suppressed)) {
                addSuppressed(new EscapedThrowable(suppressed, seen));
            }
        }
    }

    /** Returns the exception itself if nothing needs escaping; null for null. */
    static @Nullable Throwable of(@Nullable Throwable original) {
        return original == null || isPrintable(original, identitySet())
                ? original
                : new EscapedThrowable(original, identitySet());
    }

    private static boolean isPrintable(@Nullable Throwable one, Set<Throwable> seen) {
        if (one == null || !seen.add(one)) {
            return true;
        }
        String text = String.valueOf(one);
        if (!Printable.lines(text).equals(text) || !isPrintable(one.getCause(), seen)) {
            return false;
        }
        for (Throwable suppressed : one.getSuppressed()) {
            if (!isPrintable(suppressed, seen)) {
                return false;
            }
        }
        return true;
    }

    private static Set<Throwable> identitySet() {
        return Collections.newSetFromMap(new IdentityHashMap<>());
    }

    @Override
    public synchronized @Nullable Throwable getCause() {
        return cause;
    }

    @Override
    public String toString() {
        return shown;
    }
}
