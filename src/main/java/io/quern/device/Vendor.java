package io.quern.device;

import java.util.Locale;

/** Who made an accelerator, which tells its driver and its rules. */
public enum Vendor {
    NVIDIA,
    AMD,
    /** Intel's GPUs, as the field calls them. */
    XPU,
    /** Intel's Gaudi accelerators. */
    GAUDI;

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
