package io.quern.policy;

import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.Vendor;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/** All inputs of the policy. */
record PolicyInputs(StartMethodConfig config, HostFacts host, DeviceReport devices, ProcessFacts process) {

    List<Device> accelerators() {
        return devices.accelerators();
    }

    Optional<Device> accelerator(Vendor vendor) {
        return accelerators().stream()
                .filter(device -> device.vendor() == vendor)
                .findFirst();
    }

    /** The inputs by name, as views show them. */
    Map<String, String> facts() {
        Map<String, String> facts = new LinkedHashMap<>();
        facts.put("os", host.os());
        facts.put("arch", host.arch());
        facts.put("libc", host.libc());
        facts.put("cores", Integer.toString(host.cores()));
        facts.put("cpus", host.cpusText());
        facts.put("memory", host.memoryText());
        facts.put("memory-bytes", Long.toString(host.maxMemoryBytes()));
        facts.put("numa-nodes", numaNodes(host));
        facts.put("wsl", Boolean.toString(host.wsl()));
        facts.put("container", host.container());
        facts.put("devices", devices.devices().stream().map(PolicyInputs::name).collect(Collectors.joining("; ")));
        facts.put("device-probe", devices.problems().isEmpty() ? "" : String.join("; ", devices.problems()));
        facts.put("launcher", Boolean.toString(process.launcher()));
        facts.put("entry-point", Boolean.toString(process.entryPoint()));
        facts.put("launcher-threads", Integer.toString(process.launcherThreads()));
        facts.put("launcher-device", process.launcherDevice());
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
