package io.quern.device;

import java.util.Locale;

/** Says when the engine runs the device probe. */
public enum ProbeMode {
    AUTO,
    ALWAYS,
    NEVER;

    /** Returns the value as the configuration spells it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
