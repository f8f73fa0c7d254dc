package io.quern.probe;

import io.quern.device.Device;
import io.quern.device.Vendor;
import java.util.Map;

/**
 * AMD's GPUs, as the compute driver (amdkfd) lists them in sysfs: each node of its topology is a GPU or a set of CPU
 * cores. A GPU that only the display driver knows is not a compute device and is left out.
 *
 * <p>Source: the driver's kfd_topology.c for names and units, ROCm's thunk library for which nodes are GPUs.
 */
record AmdGpus(FileTree tree) {
    private static final String NODES = "sys/class/kfd/kfd/topology/nodes";
    private static final String DRIVER_VERSION = "sys/module/amdgpu/version";

    /** Kinds of memory banks (HSA_HEAPTYPE): 1 and 2 are a GPU's own, visible to the CPU or not; 0 is the system's. */
    private static final long PUBLIC_MEMORY = 1;

    private static final long PRIVATE_MEMORY = 2;

    void find(Findings findings) {
        boolean driver = tree.has("dev/kfd");
        int number = 0;
        int hidden = 0;
        for (String node : tree.names(NODES, "[0-9]*")) {
            // empty for a GPU that the device rules of this container hide
            Map<String, String> properties = tree.properties(NODES + "/" + node + "/properties");
            if (FileTree.number(properties, "simd_count") == 0) {
                continue;
            }
            String render = "renderD" + FileTree.number(properties, "drm_render_minor");
            boolean reachable = driver && tree.has("dev/dri/" + render);
            hidden += reachable ? 0 : 1;
            Device gpu = gpu(NODES + "/" + node, properties, "sys/class/drm/" + render + "/device", reachable);
            // ROCm only counts GPUs that it can open
            findings.add(new Found(gpu, reachable ? number++ : -1));
        }
        if (hidden > 0) {
            findings.problem("AMD: no device node for " + hidden
                    + " of the GPUs. /dev/kfd and the /dev/dri/renderD* of each GPU must exist, also in a container");
        }
    }

    private Device gpu(String node, Map<String, String> properties, String card, boolean reachable) {
        long total = memory(node);
        long used = tree.number(card + "/mem_info_vram_used");
        boolean freeIsKnown = tree.has(card + "/mem_info_vram_used");
        return new Device(
                Vendor.AMD,
                id(properties),
                name(node, card),
                total,
                freeIsKnown ? Math.max(0, total - used) : 0,
                architecture(FileTree.number(properties, "gfx_target_version")),
                tree.text(DRIVER_VERSION),
                false,
                reachable,
                "kfd");
    }

    private long memory(String node) {
        long bytes = 0;
        for (String bank : tree.names(node + "/mem_banks", "[0-9]*")) {
            Map<String, String> properties = tree.properties(node + "/mem_banks/" + bank + "/properties");
            long kind = FileTree.number(properties, "heap_type");
            if (kind == PUBLIC_MEMORY || kind == PRIVATE_MEMORY) {
                bytes += FileTree.number(properties, "size_in_bytes");
            }
        }
        return bytes;
    }

    /** Prefers the product name of the board; chips only have a code name such as "aldebaran". */
    private String name(String node, String card) {
        String product = tree.text(card + "/product_name");
        return product.isEmpty() ? tree.text(node + "/name") : product;
    }

    /** Formats the id as ROCm does; chips without an id of their own get their PCI address. */
    private static String id(Map<String, String> properties) {
        long unique = FileTree.number(properties, "unique_id");
        if (unique != 0) {
            return "GPU-%016x".formatted(unique);
        }
        long location = FileTree.number(properties, "location_id");
        return "%04x:%02x:%02x.%x"
                .formatted(
                        FileTree.number(properties, "domain"),
                        location >> 8 & 0xff,
                        location >> 3 & 0x1f,
                        location & 0x7);
    }

    /**
     * Formats a version: 90010 is gfx90a, 110000 is gfx1100. Major is decimal, minor and stepping are one hexadecimal
     * digit each.
     */
    static String architecture(long version) {
        return version == 0 ? "" : "gfx%d%x%x".formatted(version / 10_000, version / 100 % 100, version % 100);
    }
}
