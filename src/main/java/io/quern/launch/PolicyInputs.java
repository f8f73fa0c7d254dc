package io.quern.launch;

import io.quern.device.ComputeDevice;
import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.Vendor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** All that the policy looks at. */
record PolicyInputs(StartMethodConfig config, HostFacts host, DeviceReport devices, ProcessFacts process) {

    /**
     * The accelerators that workers may compute on: visible ones, unless llama.cpp was asked and has no backend for any. Where
     * it was not asked they count, to be on the safe side.
     */
    List<Device> accelerators() {
        List<ComputeDevice> asked = devices.computeDevices();
        boolean processorAlone =
                devices.probed() && !asked.isEmpty() && asked.stream().allMatch(PolicyInputs::isProcessor);
        return processorAlone
                ? List.of()
                : devices.devices().stream().filter(Device::visible).toList();
    }

    private static boolean isProcessor(ComputeDevice device) {
        return device.type().equals("cpu");
    }

    Optional<Device> accelerator(Vendor vendor) {
        return accelerators().stream()
                .filter(device -> device.vendor() == vendor)
                .findFirst();
    }

    /** Named, for views. */
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("os", host.os());
        facts.put("arch", host.arch());
        facts.put("libc", host.libc());
        facts.put("cores", Integer.toString(host.cores()));
        facts.put("memory-bytes", Long.toString(host.maxMemoryBytes()));
        facts.put("numa-nodes", numaNodes(host));
        facts.put("wsl", Boolean.toString(host.wsl()));
        facts.put("container", host.container());
        facts.put("devices", devices.devices().stream().map(PolicyInputs::name).collect(Collectors.joining("; ")));
        facts.put("device-probe", devices.problems().isEmpty() ? "" : String.join("; ", devices.problems()));
        facts.put("launcher", Boolean.toString(process.launcher()));
        facts.put("owned", Boolean.toString(process.owned()));
        facts.put("fork-parent-threads", Integer.toString(process.forkParentThreads()));
        facts.put("fork-parent-device", process.forkParentDevice());
        facts.put("engine-device", process.engineDevice());
        facts.put("native-executable", Boolean.toString(process.nativeExecutable()));
        facts.put("java", process.java());
        facts.put("numa-binding", Boolean.toString(config.numaBinding()));
        return facts;
    }

    private static String numaNodes(HostFacts host) {
        return host.numaNodes().stream().map(String::valueOf).collect(Collectors.joining(", "));
    }

    static String name(Device device) {
        return device.vendor() + " " + (device.name().isEmpty() ? device.id() : device.name())
                + (device.visible() ? "" : " (hidden)");
    }
}
