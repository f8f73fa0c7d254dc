package io.quern.pool;

import io.quern.boot.BootPlan;
import io.quern.boot.MemoryPlan;
import io.quern.device.HostFacts;
import io.quern.device.ProcessorModel;
import io.quern.jvm.WorkerBounds;
import io.quern.launch.BatchInvariance;
import io.quern.launch.WorkerConfig;
import io.quern.launch.WorkerSpec;
import io.quern.libraries.AmxBackend;
import io.quern.model.BatchRows;
import io.quern.model.GgufMetadata;
import io.quern.model.Kernels;
import io.quern.model.ModelMemory;
import io.quern.model.PromptCuts;
import io.quern.model.TextStability;
import io.quern.policy.StartMethod;
import io.quern.topology.Topology;
import io.quern.wire.WorkerSettings;
import io.quern.wire.WorkerSettings.Computation;
import io.quern.wire.WorkerSettings.PrefixStates;
import io.quern.wire.WorkerSettings.Sequences;
import io.quern.wire.WorkerSettings.StateCopies;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/** Makes the specifications of the workers from the boot plan and the configuration. */
final class WorkerSpecs {
    private final WorkerConfig config;
    private final PrefixMemory prefixes;

    /** @param prefixes the memory for the states of prefixes */
    WorkerSpecs(WorkerConfig config, PrefixMemory prefixes) {
        this.config = config;
        this.prefixes = prefixes;
    }

    /**
     * Returns one specification for each worker, standbys included.
     *
     * @param memory the limits of the workers; empty if memory is not checked, and then the configuration applies
     * @param socket where the engine listens for workers
     */
    List<WorkerSpec> of(BootPlan plan, Optional<MemoryPlan> memory, Path socket) {
        StartMethod method = plan.decision().orThrow().method();
        Topology topology = plan.topology().orThrow();
        int slots = slots(plan, memory);
        int contextLength = memory.map(MemoryPlan::contextLength).orElse(config.contextLength());
        Sequences.Builder sequences = Sequences.newBuilder().setSlots(slots);
        memory.map(MemoryPlan::cacheBytes).ifPresent(sequences::setCacheBytes);
        if (contextLength > 0) {
            sequences.setContextLength(contextLength);
        }
        WorkerSettings.Builder settings = WorkerSettings.newBuilder()
                .setModel(plan.model().orThrow().file().toString())
                .setLibraries(plan.parts().libraries().orThrow().toString())
                .setSequences(sequences)
                .setMaxFrameBytes(config.maxFrameBytes())
                .setFaults(FaultInjector.allowed());
        stateCopies(method, memory).ifPresent(settings::setStateCopies);
        long prefixBytes = method == StartMethod.INLINE ? 0 : prefixes.bytes(memory, plan.count());
        if (prefixBytes > 0) {
            settings.setPrefixStates(PrefixStates.newBuilder().setBytes(prefixBytes));
        }
        Computation computation = computation(plan, slots, contextLength);
        WorkerBounds bounds = bounds(plan, slots, contextLength);
        return IntStream.range(0, plan.count())
                .mapToObj(id -> new WorkerSpec(
                        id,
                        socket,
                        topology.deviceEntries().map(all -> WorkerSpec.inTurn(id, all)),
                        bounds,
                        settings.setComputation(onNode(id, computation, plan.host()))
                                .build()))
                .toList();
    }

    private static int slots(BootPlan plan, Optional<MemoryPlan> memory) {
        return memory.map(MemoryPlan::slots).orElse(plan.topology().orThrow().slots());
    }

    /** Returns whether a text may depend on the requests that its worker computes together with it. */
    TextStability textStability(BootPlan plan, Optional<MemoryPlan> memory) {
        GgufMetadata model = plan.model().orThrow().metadata();
        Kernels kernels = kernels(plan);
        return TextStability.of(model, rows(model, kernels, slots(plan, memory)), kernels);
    }

    static Kernels kernels(BootPlan plan) {
        boolean amx = ProcessorModel.hasAmx()
                && AmxBackend.in(plan.parts().libraries().orThrow());
        return Kernels.of(plan.devices().orThrow().computesOnGpu(), ProcessorModel.isX86(), amx);
    }

    /** A thread of the engine is lost with the engine, and its copies with it. */
    private Optional<StateCopies> stateCopies(StartMethod method, Optional<MemoryPlan> memory) {
        long bytes = memory.map(MemoryPlan::stateBytes).orElse(MemoryPlan.stateBytes(config));
        return bytes == 0 || method == StartMethod.INLINE
                ? Optional.empty()
                : Optional.of(StateCopies.newBuilder()
                        .setBytes(bytes)
                        .setShare(config.stateShare())
                        .build());
    }

    private Computation computation(BootPlan plan, int slots, int contextLength) {
        Topology topology = plan.topology().orThrow();
        int most = topology.mostThreads();
        Kernels kernels = kernels(plan);
        boolean onGpu = kernels == Kernels.GPU;
        GgufMetadata model = plan.model().orThrow().metadata();
        boolean apart = apart(model, kernels);
        BatchRows rows = rows(model, kernels, slots);
        boolean stable = TextStability.of(model, rows, kernels).stable();
        boolean flash = config.flashAttention().used(onGpu, most, contextLength);
        boolean bf16Keys = config.flashAttention().needsBf16Keys(onGpu, most, contextLength);
        // keys and values of the same type have no other kernel for a single thread and small pieces
        PromptCuts cuts = PromptCuts.of(model, kernels, flash && (bf16Keys || most == 1));
        return Computation.newBuilder()
                .setBatchRows(WorkerSettings.BatchRows.newBuilder()
                        .setMultiple(rows.multiple())
                        .setLeast(rows.least()))
                .setThreads(topology.threads())
                .setMostThreads(most)
                .setPromptCuts(WorkerSettings.PromptCuts.newBuilder()
                        .setMultiple(cuts.multiple())
                        .setSingleRows(cuts.singleRows()))
                .setDraftTokens(config.draftTokens())
                .setFlashAttention(flash)
                .setBf16Keys(bf16Keys)
                .setFreeRows(BatchRows.mayBeFasterOneByOne(model, kernels)
                        && (apart || rows.equals(BatchRows.ANY))
                        && stable)
                .setRowsApart(apart)
                .setStepMillis((int) config.stepTime().toMillis())
                .build();
    }

    /** Returns whether rows are multiplied one by one where batches would differ. */
    private boolean apart(GgufMetadata model, Kernels kernels) {
        return kernels != Kernels.GPU
                && BatchRows.cheapOneByOne(model, kernels)
                && config.batchInvariance() != BatchInvariance.OFF;
    }

    private BatchRows rows(GgufMetadata model, Kernels kernels, int slots) {
        BatchRows needed = BatchRows.of(model, kernels);
        return apart(model, kernels) ? needed : needed.used(config.batchInvariance() == BatchInvariance.ON, slots);
    }

    private Computation onNode(int id, Computation computation, HostFacts host) {
        return config.numaBinding()
                ? computation.toBuilder()
                        .setNumaNode(WorkerSpec.inTurn(id, host.numaNodes()))
                        .build()
                : computation;
    }

    private WorkerBounds bounds(BootPlan plan, int slots, int contextLength) {
        ModelMemory model = ModelMemory.of(plan.model().orThrow().metadata());
        return WorkerBounds.of(
                slots,
                contextLength > 0 ? contextLength : model.defaultContext(),
                model.vocabulary(),
                model.longestToken(),
                config.maxFrameBytes(),
                config.jvmOptions().orElse(List.of()));
    }
}
