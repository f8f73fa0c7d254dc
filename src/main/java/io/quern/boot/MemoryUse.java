package io.quern.boot;

import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelMemory;
import io.quern.settings.ByteFormat;
import io.quern.topology.Topology;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Collectors;

/**
 * The memory that the workers of one model use: main memory, and that of each GPU.
 *
 * @param main bytes of main memory, without the engine
 * @param devices bytes by the id of the GPU
 */
public record MemoryUse(long main, Map<String, Long> devices) {
    public static final MemoryUse NONE = new MemoryUse(0, Map.of());

    /** Returns what the workers of a plan will use; nothing if memory is not checked. */
    public static MemoryUse of(BootPlan plan, WorkerConfig worker) {
        return plan.memoryKeptTo()
                .map(memory -> new MemoryUse(memory.workersBytes(), devices(plan, memory, worker)))
                .orElse(NONE);
    }

    private static Map<String, Long> devices(BootPlan plan, MemoryPlan memory, WorkerConfig worker) {
        DeviceReport devices = plan.devices().orThrow();
        ModelMemory model = ModelMemory.of(plan.model().orThrow().metadata());
        int length = memory.contextLength() > 0 ? memory.contextLength() : model.defaultContext();
        Topology topology = plan.topology().orThrow();
        boolean flash = worker.flashAttention().used(devices.computesOnGpu(), topology.mostThreads(), length);
        return DeviceNeed.shares(
                devices,
                topology.deviceEntries(),
                plan.count(),
                new DeviceNeed(model, 1, memory.slots(), length, flash));
    }

    public MemoryUse plus(MemoryUse other) {
        Map<String, Long> sum = new HashMap<>(devices);
        other.devices.forEach((id, bytes) -> sum.merge(id, bytes, Long::sum));
        return new MemoryUse(main + other.main, sum);
    }

    /**
     * Returns which memories this would exceed: the id of each GPU, and the empty text for main memory.
     *
     * @param memory the plan of a model whose workers are part of this use
     */
    public List<String> exceeding(MemoryPlan memory, DeviceReport report) {
        Map<String, Long> limits = report.devices().stream()
                .filter(device -> device.memoryTotalBytes() > 0)
                .collect(Collectors.toMap(Device::id, Device::memoryTotalBytes, (one, same) -> one));
        List<String> exceeded = devices.entrySet().stream()
                .filter(use -> use.getValue() > limits.getOrDefault(use.getKey(), Long.MAX_VALUE))
                .map(Map.Entry::getKey)
                .collect(Collectors.toList());
        if (memory.limitBytes() > 0 && main + memory.engineBytes() > memory.limitBytes()) {
            exceeded.add("");
        }
        return exceeded;
    }

    /** Returns whether this is a use of one of these memories. */
    public boolean touches(List<String> memories) {
        return memories.stream().anyMatch(id -> id.isEmpty() ? main > 0 : devices.containsKey(id));
    }

    public boolean isNone() {
        return main == 0 && devices.isEmpty();
    }

    /** Returns text such as "300 MiB" or "200 MiB + GPU 12 GiB". */
    public String text() {
        long onDevices = devices.values().stream().mapToLong(Long::longValue).sum();
        return Optional.of(ByteFormat.of(main))
                .filter(text -> onDevices == 0)
                .orElse(ByteFormat.of(main) + " and " + ByteFormat.of(onDevices) + " on the GPU");
    }
}
