package io.quern.boot;

import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.launch.WorkerSpec;
import io.quern.model.ModelMemory;
import io.quern.settings.ByteFormat;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Estimates the memory that the workers on one set of GPUs need there. The estimate is compared with the total memory
 * of the GPUs, not with what is free at boot: a driver returns the memory of an earlier engine's workers only after a
 * while. Pure.
 *
 * @param workers the number of workers that share the set of GPUs
 * @param slots slots of each worker
 * @param contextLength tokens per slot
 * @param flash whether the fused kernel computes attention
 */
record DeviceNeed(ModelMemory model, int workers, int slots, int contextLength, boolean flash) {
    /** Memory that a driver and its libraries take for each process that computes. */
    static final long PROCESS = 512L << 20;

    long total() {
        return workers * each();
    }

    private long each() {
        return model.weights()
                + model.cache(slots, contextLength)
                + model.recurrent(slots)
                + model.buffers(slots, contextLength, flash)
                + PROCESS;
    }

    /**
     * Returns the need as text, such as "130 GiB (weights 128 GiB + KV cache 4 slots x 4096 tokens x 320 KiB = 5 GiB
     * + buffers 1 GiB + driver 512 MiB)".
     */
    String text() {
        String one = "weights " + ByteFormat.of(model.weights()) + " + "
                + String.join(" + ", MemoryNeed.slotTexts(model, new WorkerSize(slots, contextLength, 0), flash))
                + " + driver "
                + ByteFormat.of(PROCESS);
        return ByteFormat.of(total()) + " (" + (workers == 1 ? one : workers + " workers x (" + one + ")") + ")";
    }

    /**
     * Compares what the workers need with what the GPUs have.
     *
     * @param devices what the device probe found
     * @param entries {@code quern.worker.devices}, one entry for each worker in turn; empty if every worker uses all
     *     GPUs
     * @param all the number of workers
     * @param one what one worker needs
     * @return why the workers do not fit, or empty if they do or the memory of the GPUs is unknown
     */
    static Optional<String> problem(DeviceReport devices, Optional<List<String>> entries, int all, DeviceNeed one) {
        List<Device> visible =
                devices.devices().stream().filter(Device::visible).toList();
        if (!devices.computesOnGpu() || visible.stream().anyMatch(device -> device.memoryTotalBytes() == 0)) {
            return Optional.empty();
        }
        if (entries.isEmpty()) {
            return one.with(all).exceeding(visible);
        }
        List<String> names = entries.get();
        return names.stream()
                .distinct()
                .map(name -> one.with((int) IntStream.range(0, all)
                                .filter(id -> WorkerSpec.inTurn(id, names).equals(name))
                                .count())
                        .exceeding(named(visible, name)))
                .flatMap(Optional::stream)
                .findFirst();
    }

    /**
     * Divides what the workers need among the GPUs that they use.
     *
     * @return bytes by the id of the GPU; empty if workers compute on the processor
     */
    static Map<String, Long> shares(DeviceReport devices, Optional<List<String>> entries, int all, DeviceNeed one) {
        List<Device> visible =
                devices.devices().stream().filter(Device::visible).toList();
        Map<String, Long> shares = new HashMap<>();
        if (devices.computesOnGpu()) {
            for (int id = 0; id < all; id++) {
                int worker = id;
                List<Device> gpus = entries.map(names -> named(visible, WorkerSpec.inTurn(worker, names)))
                        .orElse(visible);
                gpus.forEach(gpu -> shares.merge(gpu.id(), one.each() / gpus.size(), Long::sum));
            }
        }
        return shares;
    }

    private DeviceNeed with(int count) {
        return new DeviceNeed(model, count, slots, contextLength, flash);
    }

    private Optional<String> exceeding(List<Device> gpus) {
        long there = gpus.stream().mapToLong(Device::memoryTotalBytes).sum();
        if (gpus.isEmpty() || workers == 0 || total() <= there) {
            return Optional.empty();
        }
        String names =
                String.join(", ", gpus.stream().map(Device::name).distinct().toList());
        return Optional.of("the model needs " + text() + " on the GPU, but the memory of "
                + (gpus.size() == 1 ? "" : gpus.size() + " x ") + names + " is " + ByteFormat.of(there)
                + "; lower " + (slots > 1 ? "quern.worker.slots or " : "") + "quern.worker.context-length"
                + (workers > 1 ? " or quern.pool.workers" : "")
                + ", or choose a smaller model; quern.pool.memory-check=warn starts the engine anyway"
                + " (docs/howto/resources.md)");
    }

    /**
     * Finds the GPUs of an entry in the notation of CUDA_VISIBLE_DEVICES: indexes among the visible GPUs, or
     * beginnings of UUIDs.
     */
    private static List<Device> named(List<Device> visible, String entry) {
        List<String> names = Arrays.asList(entry.split("[+,]"));
        return IntStream.range(0, visible.size())
                .filter(i -> names.stream()
                        .anyMatch(name -> name.equals(Integer.toString(i))
                                || visible.get(i).id().startsWith(name)))
                .mapToObj(visible::get)
                .toList();
    }
}
