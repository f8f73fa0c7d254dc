package io.quern.sandbox;

import java.util.Locale;

/** Says whether workers are confined to what they need. */
public enum SandboxMode {
    /** Uses all parts that this machine supports. */
    AUTO,
    OFF,
    /** Uses all parts; the engine does not boot if one is missing. */
    REQUIRED;

    /** Returns the name used in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
