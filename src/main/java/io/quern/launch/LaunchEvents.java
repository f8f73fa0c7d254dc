package io.quern.launch;

/** Receives events of a launch. Called on any thread; must not block. */
public interface LaunchEvents {

    /** Receives a line that the worker wrote. */
    void output(String line);

    /**
     * Reports progress of work that precedes the worker's process.
     *
     * @param phase name of the work, such as "preload"
     * @param share the finished share, 0 to 1
     */
    void progress(String phase, double share);
}
