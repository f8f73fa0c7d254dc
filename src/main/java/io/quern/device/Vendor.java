package io.quern.device;

import java.util.Locale;

/** The manufacturer of an accelerator, which determines its driver and the variables that hide it. */
public enum Vendor {
    NVIDIA,
    AMD,
    /** Intel's GPUs, by their usual name. */
    XPU,
    /** Intel's Gaudi accelerators. */
    GAUDI;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
