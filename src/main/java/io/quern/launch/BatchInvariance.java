package io.quern.launch;

import java.util.Locale;

/**
 * Selects what workers do where a model's texts would otherwise depend on the requests that are computed together.
 * docs/internals/exactness.md says for which weights that is, and what it costs.
 */
public enum BatchInvariance {
    /** They do what costs little. */
    AUTO,
    ON,
    OFF;

    /** Returns the name used in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
