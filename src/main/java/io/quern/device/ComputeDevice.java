package io.quern.device;

/**
 * A device that llama.cpp can use through one of its backends.
 *
 * @param name such as "CPU" or "CUDA0"
 * @param description such as the name of the processor
 * @param type "cpu", "gpu", "igpu", "accel" or "other"
 * @param memoryTotalBytes memory of the device, or 0 if unknown
 * @param memoryFreeBytes free memory when it was probed, or 0 if unknown
 */
public record ComputeDevice(
        String name, String description, String type, long memoryTotalBytes, long memoryFreeBytes) {}
