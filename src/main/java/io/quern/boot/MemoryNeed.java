package io.quern.boot;

import io.quern.jvm.WorkerBounds;
import io.quern.launch.WorkerConfig;
import io.quern.model.ModelMemory;
import io.quern.policy.StartMethod;
import io.quern.settings.ByteFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * Estimates the memory that the engine and its workers need when all slots are full. The estimate is meant to be too
 * high rather than too low. Pure.
 *
 * @param model what the model file says about sizes
 * @param loading how workers load the model
 * @param workers the number of workers, standbys included
 * @param size what each worker holds
 * @param flash whether the fused kernel computes attention
 * @param jvm the JVM that each worker runs in
 * @param engine bytes that this process needs itself
 */
record MemoryNeed(
        ModelMemory model, Loading loading, int workers, WorkerSize size, boolean flash, Jvm jvm, long engine) {

    /**
     * Describes how workers load the model.
     *
     * @param method the start method: forked workers share the weights that their parent has loaded. Every other
     *     worker lays out its own weights, except those that are mapped from the file
     * @param ownWeights whether each worker reads the weights into its own memory, as it does when it is bound to a
     *     NUMA node
     * @param accelerated whether weights and cache are on a device, in which case they are not counted
     */
    record Loading(StartMethod method, boolean ownWeights, boolean accelerated) {
        boolean forks() {
            return method == StartMethod.FORK || method == StartMethod.FORKSERVER;
        }
    }

    /**
     * The JVM of a worker.
     *
     * @param maxFrameBytes the largest frame between engine and worker
     * @param options the configured JVM options
     */
    record Jvm(int maxFrameBytes, List<String> options) {
        static Jvm of(WorkerConfig config) {
            return new Jvm(config.maxFrameBytes(), config.jvmOptions().orElse(List.of()));
        }
    }

    private static final long MIB = 1L << 20;

    /**
     * Memory of the engine besides its heap, for classes, compiled code, threads and buffers: measured 70 to 95 MiB.
     */
    private static final long ENGINE_BASE = 96 * MIB;

    /** Heap that the engine takes on a large machine, although it needs less. */
    private static final long ENGINE_HEAP = 104 * MIB;

    /** Memory of a worker's JVM besides its heap, for classes, compiled code and threads: measured 36 to 44 MiB. */
    static final long WORKER_JVM = 48 * MIB;

    /** Memory of a launcher that forks workers, besides the model: measured 5 MiB. */
    static final long LAUNCHER = 8 * MIB;

    /**
     * Returns what this process needs.
     *
     * @param maxHeap the largest heap of this process, in bytes
     * @param limit the memory limit; if it is small, the collector keeps the heap small too
     */
    static long engine(long maxHeap, long limit) {
        return ENGINE_BASE + Math.min(ENGINE_HEAP, Math.min(maxHeap, limit / 4));
    }

    long total() {
        return weights() + perWorker() * workers + launcher() + engine;
    }

    long states() {
        return size.states(model);
    }

    private long weights() {
        if (loading.accelerated) {
            return 0;
        }
        if (loading.forks()) {
            return model.weights();
        }
        return loading.ownWeights
                ? workers * model.weights()
                : workers * model.quantised() + model.weights() - model.quantised();
    }

    private long cache() {
        return loading.accelerated ? 0 : size.cache(model);
    }

    private long recurrent() {
        return loading.accelerated ? 0 : model.recurrent(size.slots());
    }

    private long buffers() {
        return loading.accelerated ? 0 : model.buffers(size.slots(), size.contextLength(), flash);
    }

    private long jvmBytes() {
        return loading.method == StartMethod.INLINE ? 0 : WORKER_JVM + bounds().bytes();
    }

    /** Returns the bounds of each worker's JVM. */
    WorkerBounds bounds() {
        return WorkerBounds.of(
                size.slots(),
                size.contextLength(),
                model.vocabulary(),
                model.longestToken(),
                jvm.maxFrameBytes,
                jvm.options);
    }

    private long launcher() {
        return loading.forks() ? LAUNCHER : 0;
    }

    private long perWorker() {
        return cache() + recurrent() + buffers() + jvmBytes() + states();
    }

    /**
     * Describes what the slots of one worker take: recurrent states and KV cache if the model has them, and buffers.
     */
    static List<String> slotTexts(ModelMemory model, WorkerSize size, boolean flash) {
        int slots = size.slots();
        int contextLength = size.contextLength();
        List<String> parts = new ArrayList<>();
        String slotsText = slots + (slots == 1 ? " slot" : " slots");
        if (model.recurrent(slots) > 0) {
            parts.add("recurrent states %s x %s = %s"
                    .formatted(
                            slotsText, ByteFormat.of(model.recurrentPerSlot()), ByteFormat.of(model.recurrent(slots))));
        }
        if (size.shares(model)) {
            parts.add("KV cache %s for %s x %d tokens x %s"
                    .formatted(
                            ByteFormat.of(size.cache(model)),
                            slotsText,
                            contextLength,
                            ByteFormat.of(model.cachePerToken())));
        } else if (model.cache(slots, contextLength) > 0) {
            parts.add("KV cache %s x %d tokens x %s = %s"
                    .formatted(
                            slotsText,
                            contextLength,
                            ByteFormat.of(model.cachePerToken()),
                            ByteFormat.of(model.cache(slots, contextLength))));
        }
        parts.add("buffers " + ByteFormat.of(model.buffers(slots, contextLength, flash)));
        return parts;
    }

    /**
     * Returns the need as text, such as "1.0 GiB (weights 94 MiB + KV cache 4 slots x 4096 tokens x 22.5 KiB = 360
     * MiB + ...)".
     */
    String text() {
        List<String> each = new ArrayList<>();
        if (!loading.accelerated) {
            each.addAll(slotTexts(model, size, flash));
        }
        if (jvmBytes() > 0) {
            each.add("JVM " + ByteFormat.of(jvmBytes()));
        }
        if (states() > 0) {
            each.add("state copies " + ByteFormat.of(states()));
        }
        List<String> parts = new ArrayList<>();
        if (!loading.accelerated) {
            parts.add("weights " + ByteFormat.of(weights()));
        }
        String ofOne = String.join(" + ", each);
        if (!ofOne.isEmpty()) {
            parts.add(workers == 1 ? ofOne : workers + " workers x (" + ofOne + ")");
        }
        if (launcher() > 0) {
            parts.add("launcher " + ByteFormat.of(launcher()));
        }
        parts.add("engine " + ByteFormat.of(engine));
        return ByteFormat.of(total()) + " (" + String.join(" + ", parts) + ")";
    }

    MemoryNeed with(WorkerSize other) {
        return new MemoryNeed(model, loading, workers, other, flash, jvm, engine);
    }
}
