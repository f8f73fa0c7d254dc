package io.quern.device;

/**
 * A device that llama.cpp itself sees with its backends.
 *
 * @param name such as "CPU" or "CUDA0"
 * @param description such as the processor's name
 * @param type "cpu", "gpu", "igpu", "accel" or "other"
 * @param memoryTotalBytes its memory; 0 where unknown
 * @param memoryFreeBytes of it, what was free; 0 where unknown
 */
public record ComputeDevice(
        String name, String description, String type, long memoryTotalBytes, long memoryFreeBytes) {}
