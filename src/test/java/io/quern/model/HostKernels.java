package io.quern.model;

import io.quern.device.ProcessorModel;

/** The kernels for the processor that runs the tests. */
public final class HostKernels {
    private HostKernels() {}

    public static Kernels get() {
        return Kernels.of(false, ProcessorModel.isX86(), ProcessorModel.hasAmx());
    }
}
