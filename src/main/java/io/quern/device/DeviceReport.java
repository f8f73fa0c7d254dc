package io.quern.device;

import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * What the device probe found, and what it could not find out. Never a reason not to boot.
 *
 * @param probed whether the probe ran to its end; if not, {@code devices} is what device nodes alone tell
 * @param devices accelerators, visible ones or not
 * @param computeDevices what llama.cpp sees; empty where it was not asked
 * @param visibility the variables that hide devices, as they were set (CUDA_VISIBLE_DEVICES, ...)
 * @param problems what went wrong, each in a sentence
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

    /** Nothing found and nothing wrong. */
    public static DeviceReport none() {
        return new DeviceReport(true, List.of(), List.of(), Map.of(), List.of());
    }

    /**
     * The accelerators that workers may compute on: visible ones, unless llama.cpp was asked and has no backend for any. Where
     * it was not asked they count, to be on the safe side.
     */
    public List<Device> accelerators() {
        boolean processorAlone = probed
                && !computeDevices.isEmpty()
                && computeDevices.stream().allMatch(device -> device.type().equals("cpu"));
        return processorAlone
                ? List.of()
                : devices.stream().filter(Device::visible).toList();
    }

    /** Whether llama.cpp was asked and computes on a GPU. */
    public boolean computesOnGpu() {
        return computeDevices.stream().anyMatch(device -> device.type().equals("gpu"));
    }

    /** The first visible accelerator of a vendor. */
    public Optional<Device> of(Vendor vendor) {
        return devices.stream()
                .filter(device -> device.vendor() == vendor && device.visible())
                .findFirst();
    }
}
