package io.quern.admission;

import java.util.Locale;

/** Between which requests the computed beginning of a prompt is used again. */
public enum PrefixReuse {
    /** Those of one client. */
    CLIENT,
    /** All, whoever sent them. */
    SHARED,
    /** None. */
    NONE;

    /** As in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
