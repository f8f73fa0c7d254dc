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
 * Describes one worker to start.
 *
 * @param id its id in the pool, from 0
 * @param socket the socket on which the engine listens
 * @param devices the accelerators it may use, in the form of CUDA_VISIBLE_DEVICES; empty for all
 * @param bounds limits of its JVM and of its requests
 * @param settings the settings that the engine sends after it has connected; a launcher adds its own
 */
public record WorkerSpec(int id, Path socket, Optional<String> devices, WorkerBounds bounds, WorkerSettings settings) {

    /** Returns the GGUF file. */
    Path model() {
        return Path.of(settings.getModel());
    }

    /** Returns the folder with llama.cpp's libraries. */
    Path libraries() {
        return Path.of(settings.getLibraries());
    }

    /** Returns the bytes for copies of sequences' states, which outlive the worker, or 0 for no copies. */
    public long stateBytes() {
        return settings.getStateCopies().getBytes();
    }

    /** Returns the bytes for the states of prompts' prefixes, which all workers of the model share, or 0 for none. */
    public long prefixBytes() {
        return settings.getPrefixStates().getBytes();
    }

    /** Returns the NUMA node to which it binds itself. */
    public OptionalInt numaNode() {
        WorkerSettings.Computation computation = settings.getComputation();
        return computation.hasNumaNode() ? OptionalInt.of(computation.getNumaNode()) : OptionalInt.empty();
    }

    /** Returns the number of inference threads. */
    int threads() {
        return settings.getComputation().getThreads();
    }

    /** Returns whether it accepts injected faults and reconnects: in dev mode and in tests. */
    boolean faults() {
        return settings.getFaults();
    }

    /**
     * Returns the arguments of the worker's main: how it reaches the engine, and the model for people who list
     * processes. The settings hold everything else.
     *
     * @param parent the process that the worker must not outlive
     */
    List<String> arguments(long parent) {
        return List.of("--worker=" + id, "--socket=" + socket, "--parent=" + parent, "--model=" + settings.getModel());
    }

    /** Returns what the launcher must load for it. */
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
                settings.getComputation().getBf16Keys(),
                confinement);
    }

    /** Returns its settings if a launcher that has loaded this forks it. */
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
                .setFlashAttention(loaded.flashAttention())
                .setBf16Keys(loaded.bf16Keys())
                .setCacheAddress(loaded.cache().address())
                .setCacheBytes(loaded.cache().bytes())
                .setNodeHook(loaded.nodeHook());
        return loaded.microsPerToken() > 0 ? context.setMicrosPerToken(loaded.microsPerToken()) : context;
    }

    /**
     * Assigns nodes or devices in turn.
     *
     * @param all the candidates, at least one
     */
    public static <T> T inTurn(int id, List<T> all) {
        return all.get(id % all.size());
    }
}
