package io.quern.device;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeviceReportTest {
    private static final ComputeDevice CUDA = new ComputeDevice("CUDA0", "NVIDIA H100 80GB HBM3", "gpu", 1, 1);
    private static final ComputeDevice CPU = new ComputeDevice("CPU", "Intel(R) Xeon(R) Processor", "cpu", 1, 1);

    @Test
    void computesOnGpuOnlyIfLlamaReportsOne() {
        assertThat(report(CUDA, CPU).computesOnGpu()).isTrue();
        assertThat(report(CPU).computesOnGpu()).isFalse();
        assertThat(report().computesOnGpu()).as("llama.cpp was not asked").isFalse();
    }

    private static DeviceReport report(ComputeDevice... computeDevices) {
        Device device = new Device(
                Vendor.NVIDIA, "GPU-0", "NVIDIA H100 80GB HBM3", 1, 1, "9.0", "580.159.04", false, true, "nvml");
        return new DeviceReport(true, List.of(device), List.of(computeDevices), Map.of(), List.of());
    }
}
