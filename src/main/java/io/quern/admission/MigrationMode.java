package io.quern.admission;

import java.util.Locale;

/** How a request goes on behind the tokens that a lost worker has delivered of it. */
public enum MigrationMode {
    /** They are computed again one by one: the text is what it would have been. */
    EXACT,
    /** They are computed again in one go, with the prompt: sooner, but the text may differ from there on. */
    FAST;

    /** As in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
