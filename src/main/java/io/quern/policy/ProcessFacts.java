package io.quern.policy;

/**
 * Facts about the launcher, which may fork workers, and about the engine process.
 *
 * @param launcher whether this build carries the launcher for this platform
 * @param launcherProblem why the launcher cannot be run at its path, or empty if it can
 * @param entryPoint whether the launcher is this engine's parent and can fork workers from itself
 * @param launcherThreads number of threads of the launcher if it already runs; 1 in a clean one
 * @param launcherDevice the device or driver that the launcher uses, or empty if none
 * @param engineDevice the device or driver that this process uses, or empty if none
 * @param nativeExecutable whether the engine is a native executable, without the classes of a worker
 * @param java the Java that workers run on, and the installations that were rejected
 * @param forkCommand the command line that starts this engine as a child of the launcher and asks for {@code fork}
 * @param insideWorker the id of the worker in which this process was started, or empty
 */
public record ProcessFacts(
        boolean launcher,
        String launcherProblem,
        boolean entryPoint,
        int launcherThreads,
        String launcherDevice,
        String engineDevice,
        boolean nativeExecutable,
        String java,
        String forkCommand,
        String insideWorker) {}
