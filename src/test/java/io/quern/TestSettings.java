package io.quern;

import io.quern.wire.Protocol;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;

/** Settings of workers with one thread, the fused kernel, and no copies of states. */
public final class TestSettings {
    private TestSettings() {}

    /** The context is as long as the worker chooses. */
    public static WorkerSettings.Builder of(Path model, Path libraries, int slots) {
        return WorkerSettings.newBuilder()
                .setModel(model.toString())
                .setLibraries(libraries.toString())
                .setSequences(WorkerSettings.Sequences.newBuilder().setSlots(slots))
                .setComputation(WorkerSettings.Computation.newBuilder()
                        .setThreads(1)
                        .setFlashAttention(true)
                        .setStepMillis(50))
                .setMaxFrameBytes(Protocol.DEFAULT_MAX_FRAME_BYTES);
    }

    /** @param contextLength tokens per slot */
    public static WorkerSettings.Builder of(Path model, Path libraries, int slots, int contextLength) {
        WorkerSettings.Builder settings = of(model, libraries, slots);
        settings.getSequencesBuilder().setContextLength(contextLength);
        return settings;
    }
}
