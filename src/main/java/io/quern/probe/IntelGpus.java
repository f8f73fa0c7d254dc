package io.quern.probe;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.util.Map;
import java.util.Set;

/**
 * Intel's discrete GPUs, found by the render nodes of the drivers i915 and xe. Integrated GPUs are left out: they have
 * no memory of their own and exist on nearly every desktop. If a backend of llama.cpp can use one, llama.cpp's own list
 * of devices contains it.
 *
 * <p>Source: the kernel's uevent file of a PCI device. According to Intel's data sheets, integrated graphics are
 * device 0000:00:02.0.
 */
record IntelGpus(FileTree tree) {
    private static final String RENDER_NODES = "sys/class/drm";
    private static final Set<String> DRIVERS = Set.of("i915", "xe");
    private static final String INTEGRATED = "0000:00:02.0";

    /** The names of common GPUs in servers and workstations, by PCI device id. */
    private static final Map<String, String> NAMES = Map.of(
            "0BD5", "Data Center GPU Max 1550",
            "0BD9", "Data Center GPU Max 1100",
            "0BDA", "Data Center GPU Max 1100",
            "0BDB", "Data Center GPU Max 1100",
            "56A0", "Arc A770",
            "56A1", "Arc A750",
            "56C0", "Data Center GPU Flex 170",
            "56C1", "Data Center GPU Flex 140",
            "E20B", "Arc B580",
            "E20C", "Arc B570");

    void find(Findings findings) {
        int number = 0;
        for (String render : tree.names(RENDER_NODES, "renderD*")) {
            String device = RENDER_NODES + "/" + render + "/device";
            Map<String, String> event = tree.properties(device + "/uevent");
            String address = event.getOrDefault("PCI_SLOT_NAME", "");
            if (!tree.text(device + "/vendor").equals("0x8086")
                    || !DRIVERS.contains(event.get("DRIVER"))
                    || address.equals(INTEGRATED)) {
                continue;
            }
            boolean reachable = tree.has("dev/dri/" + render);
            findings.add(new Found(
                    new Device(
                            Vendor.XPU,
                            address.isEmpty() ? render : address,
                            name(event.getOrDefault("PCI_ID", "")),
                            0,
                            0,
                            "",
                            "",
                            false,
                            reachable,
                            "drm"),
                    reachable ? number++ : -1));
        }
    }

    /** @param id such as "8086:56A0" */
    private static String name(String id) {
        String name = NAMES.get(id.substring(id.indexOf(':') + 1));
        return name == null ? "Intel GPU " + id : "Intel " + name;
    }
}
