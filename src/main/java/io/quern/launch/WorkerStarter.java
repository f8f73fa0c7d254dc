package io.quern.launch;

import io.quern.jvm.CrashTrace;
import io.quern.policy.StartMethod;
import io.quern.process.ChildProcess;
import io.quern.process.RunFile;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletionStage;

/** Brings workers to life by one start method. */
public interface WorkerStarter extends AutoCloseable {

    StartMethod method();

    /**
     * Starts a worker; it will connect to the spec's socket and prove itself by a token. Never blocks.
     *
     * @param tokens asked for one as soon as the worker's settings are complete, before its process is made
     * @param events told of what the worker writes, and of progress before there is one
     * @return fails with {@link java.io.IOException} where the operating system refuses
     */
    CompletionStage<ChildProcess> launch(WorkerSpec spec, TokenIssuer tokens, LaunchEvents events);

    /**
     * Does in the background what makes later launches faster (records an AOT cache); to be called when the workers are up, so
     * that it does not slow their start.
     */
    void prepareNext(WorkerSpec like);

    /**
     * What a worker whose process has ended has to wait for before it is started again: its GPU's memory. Never blocks.
     *
     * @return empty where there is nothing to wait for; else it completes within a bounded time, and never fails
     */
    default Optional<CompletionStage<Void>> settled(WorkerSpec spec) {
        return Optional.empty();
    }

    /** Where the processes it makes are written down for the next engine; empty where it makes none. */
    default Optional<RunFile> runFile() {
        return Optional.empty();
    }

    /**
     * What the crash of a worker's JVM has left to read. Looks into a folder: not for event loops.
     *
     * @param pid of its process, which has ended
     */
    default Optional<CrashTrace> crash(long pid) {
        return Optional.empty();
    }

    /** Whether its workers can outlive this application, for the one that follows in the same JVM (development mode). */
    default boolean handsOver() {
        return false;
    }

    /**
     * Gives up what its workers need to live, without ending them, in place of {@link #close}.
     *
     * @return what {@link WorkerStarters#of} of the next application needs, of the JDK's own types alone; empty where the workers end with
     *     this object after all: it is to be closed then
     */
    default Optional<Map<String, Object>> handOver() {
        return Optional.empty();
    }

    /**
     * Goes on with a worker of an earlier application's starter, whose parts this one was made with.
     *
     * @param child what {@link ChildProcess#handOver} gave
     */
    default ChildProcess takeUp(WorkerSpec spec, Map<String, Object> child, LaunchEvents events) {
        throw new UnsupportedOperationException("workers by " + method() + " end with their application");
    }

    /** Frees what launching needed; workers must be gone before. */
    @Override
    void close();
}
