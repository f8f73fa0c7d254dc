package io.quern.device;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * Reports what the device probe found, and what it could not find out. A failed probe never prevents the engine from
 * booting.
 *
 * @param probed whether the probe completed; if not, {@code devices} is derived from device nodes only
 * @param devices accelerators, visible or hidden
 * @param computeDevices what llama.cpp sees; empty if it was not asked
 * @param visibility the variables that hide devices (CUDA_VISIBLE_DEVICES, ...), with their values
 * @param problems what went wrong, one sentence each
 */
public record DeviceReport(
        boolean probed,
        List<Device> devices,
        List<ComputeDevice> computeDevices,
        Map<String, String> visibility,
        List<String> problems) {

    public DeviceReport {
        devices = List.copyOf(devices);
        computeDevices = List.copyOf(computeDevices);
        visibility = Collections.unmodifiableMap(new TreeMap<>(visibility));
        problems = List.copyOf(problems);
    }

    /** Returns a report without devices and without problems. */
    public static DeviceReport none() {
        return new DeviceReport(true, List.of(), List.of(), Map.of(), List.of());
    }

    /**
     * Returns the accelerators that workers may compute on: the visible ones, unless llama.cpp was asked and has no
     * backend for any of them. If it was not asked they count, to be on the safe side.
     */
    public List<Device> accelerators() {
        boolean processorAlone = probed
                && !computeDevices.isEmpty()
                && computeDevices.stream().allMatch(device -> device.type().equals("cpu"));
        return processorAlone
                ? List.of()
                : devices.stream().filter(Device::visible).toList();
    }

    /** Returns whether llama.cpp was asked and computes on a GPU. */
    public boolean computesOnGpu() {
        return computeDevices.stream().anyMatch(device -> device.type().equals("gpu"));
    }

    /** Returns the first visible accelerator of a vendor. */
    public Optional<Device> of(Vendor vendor) {
        return devices.stream()
                .filter(device -> device.vendor() == vendor && device.visible())
                .findFirst();
    }
}
