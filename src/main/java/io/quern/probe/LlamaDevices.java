package io.quern.probe;

import io.quern.device.ComputeDevice;
import io.quern.llama.LlamaDevice;
import io.quern.llama.LlamaException;
import io.quern.llama.LlamaLibrary;
import io.quern.llama.LlamaMemory;
import io.quern.llama.LogLevel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * The devices that llama.cpp can compute on with the backends in a folder. The query uses drivers: CUDA's backend
 * creates a context on each GPU.
 *
 * @param folder with llama.cpp's libraries; empty if llama.cpp is not to be asked
 */
record LlamaDevices(Optional<Path> folder) {

    List<ComputeDevice> find(Findings findings) {
        if (folder.isEmpty()) {
            return List.of();
        }
        try {
            LlamaLibrary library = LlamaLibrary.load(
                    folder.get(), false, LogLevel.WARN, (level, line) -> System.err.println(level + " llama: " + line));
            List<LlamaDevice> devices = library.devices();
            List<LlamaMemory> memory = library.memory();
            List<ComputeDevice> found = new ArrayList<>();
            for (int i = 0; i < devices.size(); i++) {
                found.add(computeDevice(devices.get(i), memory.get(i)));
            }
            return found;
        } catch (LlamaException e) {
            findings.problem("llama.cpp could not list its devices: " + e.getMessage());
            return List.of();
        }
    }

    private static ComputeDevice computeDevice(LlamaDevice device, LlamaMemory memory) {
        String type =
                switch (device.type()) {
                    case CPU -> "cpu";
                    case GPU -> "gpu";
                    case INTEGRATED_GPU -> "igpu";
                    case ACCELERATOR -> "accel";
                    case OTHER -> "other";
                };
        return new ComputeDevice(
                device.name(), device.description().strip(), type, memory.totalBytes(), memory.freeBytes());
    }
}
