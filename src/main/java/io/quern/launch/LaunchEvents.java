package io.quern.launch;

/** What a launch tells of while it is under way and after it. Called on any thread; must not block. */
public interface LaunchEvents {

    /** A line that the worker wrote. */
    void output(String line);

    /**
     * Work that precedes the worker's process goes on.
     *
     * @param phase such as "preload"
     * @param share of it that is done, 0 to 1
     */
    void progress(String phase, double share);
}
