package io.quern.boot;

import io.quern.device.Device;
import io.quern.device.DeviceReport;
import io.quern.device.HostFacts;
import io.quern.device.Vendor;
import io.quern.launch.FlashAttention;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelMemory;
import io.quern.policy.StartMethod;
import io.quern.topology.Accelerators;
import io.quern.topology.Measurement;
import io.quern.topology.MemoryRoom;
import io.quern.topology.ModelSize;
import io.quern.topology.Processors;
import io.quern.topology.StartFacts;
import io.quern.topology.TopologyInputs;
import io.quern.topology.Wishes;
import java.util.List;
import java.util.Optional;

/**
 * Collects the inputs of the topology policy. Pure.
 *
 * @param worker the configuration of the workers
 * @param numaBinding whether workers are bound to NUMA nodes, as configured or assumed
 */
record TopologyFacts(
        EngineFacts engine, WorkerConfig worker, boolean numaBinding, HostFacts host, DeviceReport devices) {
    /** Slots at which the need is compared with that of one slot: the JVM's heap grows in whole MiB. */
    private static final int MANY = 33;

    /** @param measurement the measured speed of the model, if there is one */
    TopologyInputs of(ModelMemory model, StartMethod method, WorkersWanted workers, Optional<Measurement> measurement) {
        ModelSize size = new ModelSize(model.weights(), model.weightsPerToken());
        MemoryNeed.Loading loading = new MemoryNeed.Loading(
                method, numaBinding, !devices.accelerators().isEmpty());
        return new TopologyInputs(
                new Wishes(workers.serving(), worker.threads(), worker.mostThreads(), worker.slots()),
                new Processors(host.cpus(), host.numaNodes().size(), engine.together()),
                room(model, size, loading, workers),
                size,
                accelerators(model),
                new StartFacts(
                        loading.forks(),
                        method == StartMethod.INLINE,
                        numaBinding,
                        engine.development(),
                        engine.embedded(),
                        FlashAttention.exactWithAnyThreads()),
                measurement);
    }

    private int context(ModelMemory model) {
        return worker.contextLength() > 0 ? worker.contextLength() : model.defaultContext();
    }

    private MemoryRoom room(ModelMemory model, ModelSize size, MemoryNeed.Loading loading, WorkersWanted workers) {
        boolean copies = loading.method() != StartMethod.INLINE;
        long mostCopies = copies ? MemoryPlan.stateBytes(worker) : 0;
        int always = worker.threads().orElse(size.isReadableWithOneThread() ? 1 : 2);
        int threads = Math.max(always, worker.mostThreads().orElse(1));
        boolean flash = worker.flashAttention().used(devices.computesOnGpu(), threads, context(model));
        MemoryNeed one = new MemoryNeed(
                model,
                loading,
                1,
                new WorkerSize(1, context(model), 0),
                flash,
                MemoryNeed.Jvm.of(worker),
                MemoryNeed.engine(Runtime.getRuntime().maxMemory(), host.maxMemoryBytes()));
        MemoryNeed two = new MemoryNeed(model, loading, 2, one.size(), flash, one.jvm(), one.engine());
        long many = one.with(new WorkerSize(MANY, context(model), 0)).total();
        long full = (many - one.total()) / (MANY - 1);
        // slots that share their memory do not all have it when they are full
        long perSlot = MemoryPlan.shares(model, loading, flash, worker)
                ? full - (long) ((1 - worker.cacheShare()) * model.cache(1, context(model)))
                : full;
        long each = two.total() - one.total();
        // standbys need as much memory as workers that serve
        long fixed = one.total() - each + workers.standbys() * each;
        return new MemoryRoom(
                MemoryLimit.of(host).within(workers.share()).bytes(),
                fixed,
                each - full,
                perSlot,
                copies ? model.states(1, context(model)) : 0,
                mostCopies);
    }

    private Accelerators accelerators(ModelMemory model) {
        List<Device> visible = devices.accelerators();
        if (visible.isEmpty()) {
            return Accelerators.NONE;
        }
        boolean flash = worker.flashAttention().used(true, 1, context(model));
        long buffers = model.buffers(1, context(model), flash);
        long perSlot = (model.buffers(MANY, context(model), flash) - buffers) / (MANY - 1)
                + model.cache(1, context(model))
                + model.recurrent(1);
        long memory = visible.stream().mapToLong(Device::memoryTotalBytes).min().orElse(0);
        return new Accelerators(
                visible.stream().map(TopologyFacts::selector).toList(),
                worker.devices().filter(entries -> !entries.isEmpty()),
                new MemoryRoom(memory, 0, model.weights() + buffers + DeviceNeed.PROCESS, perSlot, 0, 0));
    }

    /** Returns the text that limits a process to this device, or an empty text if there is none that always works. */
    private static String selector(Device device) {
        return Optional.of(device)
                .filter(one ->
                        one.vendor() == Vendor.NVIDIA && !one.mig() && one.id().startsWith("GPU-"))
                .map(Device::id)
                .orElse("");
    }
}
