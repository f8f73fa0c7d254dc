package io.quern.launch;

import io.quern.fork.Preload;
import io.quern.fork.PreloadResult;
import io.quern.jvm.WorkerBounds;
import io.quern.wire.WorkerSettings;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What one worker is to be.
 *
 * @param id its number in the pool, from 0
 * @param socket where the engine listens
 * @param devices the accelerators it may use, as CUDA_VISIBLE_DEVICES takes them; empty: all
 * @param bounds of its JVM and of the requests it gets
 * @param settings what it is told by the engine once it has connected; a launcher adds what only it knows
 */
public record WorkerSpec(int id, Path socket, Optional<String> devices, WorkerBounds bounds, WorkerSettings settings) {

    /** The GGUF file. */
    Path model() {
        return Path.of(settings.getModel());
    }

    /** The folder with llama.cpp's libraries. */
    Path libraries() {
        return Path.of(settings.getLibraries());
    }

    /** Bytes for copies of running sequences' states, which outlive it; 0 if it keeps none. */
    public long stateBytes() {
        return settings.getStateCopies().getBytes();
    }

    /** The NUMA node that it binds itself to. */
    public OptionalInt numaNode() {
        WorkerSettings.Computation computation = settings.getComputation();
        return computation.hasNumaNode() ? OptionalInt.of(computation.getNumaNode()) : OptionalInt.empty();
    }

    /** Threads that compute. */
    int threads() {
        return settings.getComputation().getThreads();
    }

    /** Whether it lets itself be made to misbehave, and connects again: in dev mode and in tests. */
    boolean faults() {
        return settings.getFaults();
    }

    /**
     * The arguments of the worker's main: what it needs to reach the engine, and the model for those who look at processes. All
     * else is in the settings.
     *
     * @param parent the process that it must not outlive
     */
    List<String> arguments(long parent) {
        return List.of("--worker=" + id, "--socket=" + socket, "--parent=" + parent, "--model=" + settings.getModel());
    }

    /** What a fork parent is to load for it. */
    Preload preload(Path libjvm, List<String> confinement) {
        WorkerSettings.Sequences sequences = settings.getSequences();
        return new Preload(
                libjvm,
                libraries(),
                model(),
                sequences.getSlots(),
                sequences.hasContextLength() ? sequences.getContextLength() : 0,
                threads(),
                settings.getComputation().getFlashAttention(),
                confinement);
    }

    /** Its settings where it is forked from a process that has loaded this. */
    WorkerSettings settings(PreloadResult loaded) {
        if (loaded.model() == 0) {
            return settings;
        }
        WorkerSettings.Preloaded.Builder preloaded =
                WorkerSettings.Preloaded.newBuilder().setDevice(loaded.device()).setModel(loaded.model());
        if (loaded.context() != 0) {
            preloaded.setContext(context(loaded));
        }
        return settings.toBuilder().setPreloaded(preloaded).build();
    }

    private static WorkerSettings.Context.Builder context(PreloadResult loaded) {
        WorkerSettings.Context.Builder context = WorkerSettings.Context.newBuilder()
                .setAddress(loaded.context())
                .setContextLength(loaded.contextLength())
                .setFlashAttention(loaded.flashAttention());
        return loaded.microsPerToken() > 0 ? context.setMicrosPerToken(loaded.microsPerToken()) : context;
    }

    /**
     * Cores but one, since a thread more than free cores costs far more than it brings, shared out, at least 1.
     *
     * @param cpus of which the part that is no whole core does not count
     */
    public static int defaultThreads(double cpus, int workers) {
        return Math.max(1, ((int) cpus - 1) / workers);
    }

    /**
     * Nodes, or devices, in turn.
     *
     * @param all at least one
     */
    public static <T> T inTurn(int id, List<T> all) {
        return all.get(id % all.size());
    }
}
