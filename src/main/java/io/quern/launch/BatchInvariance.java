package io.quern.launch;

import java.util.Locale;

/**
 * Selects whether workers add rows to their batches where a model's texts would otherwise depend on the requests that
 * are computed together. docs/internals/exactness.md says for which weights that is, and what it costs.
 */
public enum BatchInvariance {
    ON,
    OFF;

    /** Returns the name used in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
