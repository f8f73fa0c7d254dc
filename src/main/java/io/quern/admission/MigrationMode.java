package io.quern.admission;

import java.util.Locale;

/** Says how a request resumes after the tokens that a lost worker has delivered. */
public enum MigrationMode {
    /** The next worker recomputes the tokens so that the text is the same as without the loss, if need be one by one. */
    EXACT,
    /**
     * The next worker recomputes the tokens at once with the prompt. This is faster, but the rest of the text may
     * differ.
     */
    FAST;

    /** The name as the configuration has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
