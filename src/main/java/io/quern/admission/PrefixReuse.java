package io.quern.admission;

import java.util.Locale;

/** Says which requests may reuse the computed beginning of a prompt. */
public enum PrefixReuse {
    /** Requests of the same client. */
    CLIENT,
    /** All requests. */
    SHARED,
    /** No other request. */
    NONE;

    /** The name as the configuration has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
