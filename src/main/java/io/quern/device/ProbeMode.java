package io.quern.device;

import java.util.Locale;

/** When the device probe is run. */
public enum ProbeMode {
    AUTO,
    ALWAYS,
    NEVER;

    /** As in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
