package io.quern.sandbox;

import java.util.Locale;

/** Whether workers are confined to what they need. */
public enum SandboxMode {
    /** By all parts that this machine offers. */
    AUTO,
    OFF,
    /** By all parts; the engine does not boot if one is missing. */
    REQUIRED;

    /** As in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
