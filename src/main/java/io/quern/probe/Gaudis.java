package io.quern.probe;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.util.List;

/**
 * Intel's Gaudi accelerators: the nodes of the kernel's accel class with the vendor Habana, or, with older drivers,
 * only /dev/hl*.
 *
 * <p>Source: the kernel's Documentation/ABI/testing/sysfs-driver-habanalabs.
 */
record Gaudis(FileTree tree) {
    private static final String ACCELERATORS = "sys/class/accel";
    private static final String HABANA = "0x1da3";

    void find(Findings findings) {
        String driverVersion = tree.text("sys/module/habanalabs/version");
        int count = 0;
        int number = 0;
        for (String node : tree.names(ACCELERATORS, "accel[0-9]*")) {
            String device = ACCELERATORS + "/" + node + "/device";
            if (!tree.text(device + "/vendor").equals(HABANA)) {
                continue;
            }
            count++;
            boolean reachable = tree.has("dev/accel/" + node);
            String address = tree.text(device + "/pci_addr");
            Device found = gaudi(
                    address.isEmpty() ? "/dev/accel/" + node : address,
                    tree.text(device + "/device_type"),
                    driverVersion,
                    reachable,
                    "accel");
            findings.add(new Found(found, reachable ? module(device, number++) : -1));
        }
        if (count == 0) {
            List<String> nodes = tree.names("dev", "hl[0-9]*");
            for (int i = 0; i < nodes.size(); i++) {
                findings.add(new Found(gaudi("/dev/" + nodes.get(i), "", driverVersion, true, "device-node"), i));
            }
        }
    }

    /** Returns a card's place on the board, which HABANA_VISIBLE_MODULES refers to. Older drivers do not report it. */
    private int module(String device, int otherwise) {
        return tree.has(device + "/module_id") ? (int) tree.number(device + "/module_id") : otherwise;
    }

    private static Device gaudi(String id, String name, String driverVersion, boolean reachable, String source) {
        return new Device(Vendor.GAUDI, id, name, 0, 0, "", driverVersion, false, reachable, source);
    }
}
