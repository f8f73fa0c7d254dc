package io.quern.boot;

import java.util.Locale;

/** Says what the engine does if a model needs more memory than is available. */
public enum MemoryCheck {
    /** Lowers settings that are not configured until the model fits. If it cannot fit, the engine does not start. */
    ENFORCE,
    /** Logs a warning and starts. */
    WARN,
    OFF;

    /** The name as the configuration has it. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
