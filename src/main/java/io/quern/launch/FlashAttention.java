package io.quern.launch;

import java.util.Locale;

/** Whether workers use llama.cpp's fused attention kernel. */
public enum FlashAttention {
    AUTO,
    ON,
    OFF;

    private static final int LONG_CONTEXT = 4096;

    /**
     * Whether a worker uses it: as the worker itself decides, for those who have to know before there is one.
     *
     * @param contextLength tokens per slot
     */
    public boolean used(int threads, int contextLength) {
        return switch (this) {
            case AUTO -> threads == 1 && contextLength <= LONG_CONTEXT;
            case ON -> true;
            case OFF -> false;
        };
    }

    /** As in the configuration and on the worker's command line. */
    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
