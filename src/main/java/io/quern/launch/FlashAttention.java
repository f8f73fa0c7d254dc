package io.quern.launch;

import java.util.Locale;

/** Whether workers use llama.cpp's fused attention kernel; what AUTO comes to, the worker knows. */
public enum FlashAttention {
    AUTO,
    ON,
    OFF;

    /** As in the configuration and on the worker's command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
