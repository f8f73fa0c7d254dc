package io.quern.launch;

import io.quern.jvm.CrashTrace;
import io.quern.policy.StartMethod;
import io.quern.process.ChildProcess;
import io.quern.process.RunFile;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Starts workers by one start method. */
public interface WorkerStarter extends AutoCloseable {

    StartMethod method();

    /**
     * Starts a worker. It connects to the spec's socket and authenticates by a token. Never blocks.
     *
     * @param tokens issues a token when the worker's settings are complete, before its process starts
     * @param events receives the worker's output, and progress before it starts
     * @return the process; fails with {@link java.io.IOException} if the operating system refuses
     */
    CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events);

    /**
     * Prepares faster launches in the background (records an AOT cache). Call this when the workers are up, so that it
     * does not slow down their start.
     */
    void prepareNext(WorkerSpec like);

    /**
     * Waits until a worker whose process has ended can be restarted, which is when its GPU's memory is free. Never
     * blocks.
     *
     * @return empty if there is nothing to wait for; otherwise it completes within a bounded time and never fails
     */
    default Optional<CompletionStage<Void>> settled(WorkerSpec spec) {
        return Optional.empty();
    }

    /** Returns the file that records its processes for the next engine, or empty if it starts none. */
    default Optional<RunFile> runFile() {
        return Optional.empty();
    }

    /**
     * Returns what the crash of a worker's JVM has left to read. Looks into a folder, so do not call it on an event
     * loop.
     *
     * @param pid of its process, which has ended
     */
    default Optional<CrashTrace> crash(long pid) {
        return Optional.empty();
    }

    /**
     * Returns whether its workers can outlive this application, for the one that follows in the same JVM (development
     * mode).
     */
    default boolean handsOver() {
        return false;
    }

    /**
     * Hands over what its workers need, without ending them, instead of {@link #close}.
     *
     * @return what {@code WorkerStarters.of} of the next application needs, in JDK types only; empty if the workers
     *     cannot be handed over, in which case the caller must close this object
     */
    default Optional<Map<String, Object>> handOver() {
        return Optional.empty();
    }

    /**
     * Takes over a worker of an earlier application, whose starter handed over to this one.
     *
     * @param child the result of {@link ChildProcess#handOver}
     */
    default ChildProcess takeUp(WorkerSpec spec, Map<String, Object> child, LaunchEvents events) {
        throw new UnsupportedOperationException("workers started by " + method() + " end with their application");
    }

    /** Frees all resources. Workers must have ended before. */
    @Override
    void close();
}
