package io.quern.device;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Derives accelerators from the names of device nodes and the vendor ids in sysfs, for use when no driver can be asked.
 * Opens no node.
 */
final class DeviceNodes {
    /** Value of {@link Device#source()}. */
    private static final String SOURCE = "device-node";

    private DeviceNodes() {}

    /**
     * @param nodes as in {@link HostFacts#acceleratorNodes()}
     * @param root the folder that contains /sys; tests pass a recorded tree
     * @return one device for each node of a known vendor, reported as visible because nothing says otherwise
     */
    static List<Device> devices(List<String> nodes, Path root) {
        List<Device> devices = new ArrayList<>();
        for (String node : nodes) {
            vendor(Path.of(node).getFileName().toString(), root)
                    .ifPresent(vendor -> devices.add(new Device(vendor, node, "", 0, 0, "", "", false, true, SOURCE)));
        }
        return List.copyOf(devices);
    }

    private static Optional<Vendor> vendor(String name, Path root) {
        if (name.startsWith("nvidia")) {
            return Optional.of(Vendor.NVIDIA);
        }
        if (name.equals("kfd")) {
            return Optional.of(Vendor.AMD);
        }
        if (name.startsWith("hl")) {
            return Optional.of(Vendor.GAUDI);
        }
        if (name.equals("dxg")) {
            // under WSL one node stands for the GPUs of all vendors; Windows provides NVIDIA's library if it has their
            // driver
            return Files.exists(root.resolve("usr/lib/wsl/lib/libnvidia-ml.so.1"))
                    ? Optional.of(Vendor.NVIDIA)
                    : Optional.empty();
        }
        boolean accel = name.startsWith("accel");
        String maker = read(root.resolve(accel ? "sys/class/accel" : "sys/class/drm")
                .resolve(name)
                .resolve("device/vendor"));
        // AMD's and NVIDIA's render nodes belong to devices that the nodes above already represent
        return switch (maker) {
            case "0x8086" -> accel ? Optional.empty() : Optional.of(Vendor.XPU);
            case "0x1da3" -> Optional.of(Vendor.GAUDI);
            default -> Optional.empty();
        };
    }

    private static String read(Path file) {
        try {
            return Files.readString(file).strip();
        } catch (IOException e) {
            return "";
        }
    }
}
