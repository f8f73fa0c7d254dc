package io.quern.pool;

import io.quern.jvm.WorkerBounds;
import io.quern.model.ModelMemory;
import io.quern.policy.StartMethod;
import io.quern.settings.ByteFormat;
import java.util.ArrayList;
import java.util.List;

/**
 * The memory that engine and workers come to when all slots are full: an estimate, made to be rather too high. Pure.
 *
 * @param model what the model's file tells
 * @param method how workers come to life; forked ones share the weights that their parent has loaded, for others each has laid them out for
 *     itself but for those that are mapped from the file
 * @param ownWeights whether each worker reads the weights into memory of its own, as it does where it is bound to a NUMA node
 * @param accelerated whether weights and cache lie on a device: then they are not counted
 * @param workers those that serve and those that stand by
 * @param slots of each
 * @param contextLength tokens per slot
 * @param flash whether attention is computed by the fused kernel
 * @param stateBytes of each worker, for copies of its sequences' states
 * @param engine bytes of this process itself
 * @param maxFrameBytes the largest frame between engine and worker
 * @param jvmOptions configured ones of the workers' JVMs
 */
record MemoryNeed(
        ModelMemory model,
        StartMethod method,
        boolean ownWeights,
        boolean accelerated,
        int workers,
        int slots,
        int contextLength,
        boolean flash,
        long stateBytes,
        long engine,
        int maxFrameBytes,
        List<String> jvmOptions) {
    private static final long MIB = 1L << 20;

    /** Of the engine besides its heap: classes, compiled code, threads, buffers; measured 70 to 95 MiB. */
    private static final long ENGINE_BASE = 96 * MIB;

    /** What the engine's heap comes to on a large machine; it is not needed, but taken. */
    private static final long ENGINE_HEAP = 104 * MIB;

    /** Of a worker's JVM besides its heap, for classes, compiled code and threads: measured 36 to 44 MiB. */
    static final long WORKER_JVM = 48 * MIB;

    /** Of a launcher that forks workers, besides the model: measured 5 MiB. */
    static final long LAUNCHER = 8 * MIB;

    /**
     * @param maxHeap of this process, in bytes
     * @param limit of memory: where it is small the collector is sparing, whatever the heap may come to
     */
    static long engine(long maxHeap, long limit) {
        return ENGINE_BASE + Math.min(ENGINE_HEAP, Math.min(maxHeap, limit / 4));
    }

    long total() {
        return weights() + perWorker() * workers + launcher() + engine;
    }

    /** Copies that cannot take more than all slots do when they are full. */
    long states() {
        return Math.min(stateBytes, model.states(slots, contextLength));
    }

    private boolean forks() {
        return method == StartMethod.FORK || method == StartMethod.FORKSERVER;
    }

    private long weights() {
        if (accelerated) {
            return 0;
        }
        if (forks()) {
            return model.weights();
        }
        return ownWeights
                ? workers * model.weights()
                : workers * model.quantised() + model.weights() - model.quantised();
    }

    private long cache() {
        return accelerated ? 0 : model.cache(slots, contextLength);
    }

    private long recurrent() {
        return accelerated ? 0 : model.recurrent(slots);
    }

    private long buffers() {
        return accelerated ? 0 : model.buffers(slots, contextLength, flash);
    }

    private long jvm() {
        return method == StartMethod.INLINE ? 0 : WORKER_JVM + bounds().bytes();
    }

    /** Of each worker's JVM. */
    WorkerBounds bounds() {
        return WorkerBounds.of(
                slots, contextLength, model.vocabulary(), model.longestToken(), maxFrameBytes, jvmOptions);
    }

    private long launcher() {
        return forks() ? LAUNCHER : 0;
    }

    private long perWorker() {
        return cache() + recurrent() + buffers() + jvm() + states();
    }

    /** What one worker's slots take, part by part: recurrent states and KV cache where the model has them, and buffers. */
    static List<String> slotTexts(ModelMemory model, int slots, int contextLength, boolean flash) {
        List<String> parts = new ArrayList<>();
        String slotsText = slots + (slots == 1 ? " slot" : " slots");
        if (model.recurrent(slots) > 0) {
            parts.add("recurrent states %s x %s = %s"
                    .formatted(
                            slotsText, ByteFormat.of(model.recurrentPerSlot()), ByteFormat.of(model.recurrent(slots))));
        }
        if (model.cache(slots, contextLength) > 0) {
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

    /** "1.0 GiB (weights 94 MiB + KV cache 4 slots x 4096 tokens x 22.5 KiB = 360 MiB + ...)". */
    String text() {
        List<String> each = new ArrayList<>();
        if (!accelerated) {
            each.addAll(slotTexts(model, slots, contextLength, flash));
        }
        if (jvm() > 0) {
            each.add("JVM " + ByteFormat.of(jvm()));
        }
        if (states() > 0) {
            each.add("state copies " + ByteFormat.of(states()));
        }
        List<String> parts = new ArrayList<>();
        if (!accelerated) {
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

    MemoryNeed with(int newSlots, int newContextLength, long newStateBytes) {
        return new MemoryNeed(
                model,
                method,
                ownWeights,
                accelerated,
                workers,
                newSlots,
                newContextLength,
                flash,
                newStateBytes,
                engine,
                maxFrameBytes,
                jvmOptions);
    }
}
