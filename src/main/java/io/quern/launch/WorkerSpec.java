package io.quern.launch;

import io.quern.jvm.WorkerBounds;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * What one worker is to be.
 *
 * @param id its number in the pool, from 0
 * @param socket where the engine listens
 * @param model the GGUF file
 * @param libraries the folder with llama.cpp's libraries
 * @param slots sequences at the same time
 * @param contextLength tokens per slot; 0: the worker's choice from the model
 * @param threads inference threads
 * @param numaNode the node it binds itself to, if any
 * @param devices the accelerators it may use, as CUDA_VISIBLE_DEVICES takes them; empty: all
 * @param flashAttention whether attention is computed by the fused kernel
 * @param stepMillis how long one step may take, in milliseconds
 * @param maxFrameBytes largest frame both sides take
 * @param stateBytes memory for copies of running sequences' states, which outlive it; 0: none
 * @param stateShare of the time of its steps that copying may take, 0 to 1
 * @param bounds of its JVM and of the requests it gets
 * @param faults whether it lets itself be made to misbehave: in dev mode and in tests
 */
public record WorkerSpec(
        int id,
        Path socket,
        Path model,
        Path libraries,
        int slots,
        int contextLength,
        int threads,
        OptionalInt numaNode,
        Optional<String> devices,
        boolean flashAttention,
        long stepMillis,
        int maxFrameBytes,
        long stateBytes,
        double stateShare,
        WorkerBounds bounds,
        boolean faults) {

    /** The arguments of the worker's main. The engine's process id lets it see that its parent is gone. */
    List<String> arguments(long enginePid) {
        List<String> arguments = new ArrayList<>(List.of(
                "--worker=" + id,
                "--socket=" + socket,
                "--parent=" + enginePid,
                "--model=" + model,
                "--llama=" + libraries,
                "--slots=" + slots,
                "--context-length=" + contextLength,
                "--threads=" + threads,
                "--step-millis=" + stepMillis,
                "--max-frame-bytes=" + maxFrameBytes,
                "--state-bytes=" + stateBytes,
                "--state-permille=" + Math.round(stateShare * 1000)));
        numaNode.ifPresent(node -> arguments.add("--numa-node=" + node));
        if (flashAttention) {
            arguments.add("--flash-attention");
        }
        if (faults) {
            arguments.add("--faults");
        }
        return List.copyOf(arguments);
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
