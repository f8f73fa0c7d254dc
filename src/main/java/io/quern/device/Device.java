package io.quern.device;

/**
 * An accelerator found on this machine.
 *
 * @param vendor its manufacturer
 * @param id its UUID if the driver reports one, otherwise its PCI address or device node
 * @param name as reported by the driver or sysfs; may be empty
 * @param memoryTotalBytes memory of the device, or 0 if unknown
 * @param memoryFreeBytes free memory when it was probed, or 0 if unknown
 * @param computeCapability such as "9.0" (NVIDIA) or "gfx90a" (AMD); empty if unknown
 * @param driverVersion version of its driver; empty if unknown
 * @param mig whether it is partitioned into instances (NVIDIA MIG)
 * @param visible whether workers may use it; false if CUDA_VISIBLE_DEVICES or a similar variable hides it
 * @param source where the information comes from: "nvml", "nvidia-smi", "kfd", "drm", "accel" or "device-node"
 */
public record Device(
        Vendor vendor,
        String id,
        String name,
        long memoryTotalBytes,
        long memoryFreeBytes,
        String computeCapability,
        String driverVersion,
        boolean mig,
        boolean visible,
        String source) {

    /** Returns the same device, marked as hidden from workers. */
    public Device hidden() {
        return new Device(
                vendor,
                id,
                name,
                memoryTotalBytes,
                memoryFreeBytes,
                computeCapability,
                driverVersion,
                mig,
                false,
                source);
    }
}
