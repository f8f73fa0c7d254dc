package io.quern.device;

/**
 * An accelerator that was found.
 *
 * @param vendor who made it
 * @param id what it is told apart by: a UUID where the driver gives one, else its PCI address or its node
 * @param name as its driver or its sysfs entry calls it; may be empty
 * @param memoryTotalBytes its memory; 0 where unknown
 * @param memoryFreeBytes of it, what was free when it was looked at; 0 where unknown
 * @param computeCapability such as "9.0" (NVIDIA) or "gfx90a" (AMD); empty where unknown
 * @param driverVersion of its driver; empty where unknown
 * @param mig whether it is split into instances (NVIDIA's MIG)
 * @param visible whether workers may use it: not hidden by CUDA_VISIBLE_DEVICES and its kin
 * @param source what told of it: "nvml", "nvidia-smi", "kfd", "drm", "accel" or "device-node"
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

    /** The same device, which workers may not use. */
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
