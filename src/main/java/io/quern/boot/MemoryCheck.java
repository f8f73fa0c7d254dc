package io.quern.boot;

import java.util.Locale;

/** What is made of a model that needs more memory than there is. */
public enum MemoryCheck {
    /** What is not configured is chosen so that it fits; if it cannot, the engine does not start. */
    ENFORCE,
    /** It is said. */
    WARN,
    OFF;

    /** As in the configuration. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
