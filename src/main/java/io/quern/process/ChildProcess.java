package io.quern.process;

import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletionStage;

/** A running (or ended) child of ours. Safe for use by several threads. */
public interface ChildProcess {

    /** 0 where it has no process of its own. */
    long pid();

    boolean alive();

    /** Completes when the process is gone and its output has been read; an answer's reader may still be at it. */
    CompletionStage<ExitStatus> exited();

    /** The most memory it has had resident, in bytes, once it has ended; 0 where that is not known. */
    default long peakMemoryBytes() {
        return 0;
    }

    /** The last lines it wrote, an answer not among them. */
    List<String> lastOutput();

    /** SIGKILL, also for the processes it has started itself. */
    CompletionStage<ExitStatus> killTree();

    /** SIGKILL. */
    CompletionStage<ExitStatus> kill();

    /**
     * Gives it up without ending it, for the application that follows this one in the same JVM (development mode): nothing more is told
     * here.
     *
     * @return what it takes to take it up there, of the JDK's own types alone: other classes are not the same ones there
     * @throws UnsupportedOperationException where it has no process of its own
     */
    default Map<String, Object> handOver() {
        throw new UnsupportedOperationException("it ends with its application");
    }
}
