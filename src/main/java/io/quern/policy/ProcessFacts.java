package io.quern.policy;

/**
 * What is known of the processes that would fork workers or hold them.
 *
 * @param launcher whether this build carries the native launcher for this platform
 * @param launcherProblem why the launcher cannot be run where it lies; empty if it can
 * @param owned whether the launcher is this engine's parent, and can fork workers from itself
 * @param forkParentThreads threads of the process that would fork, as far as it is there already; a clean one has 1
 * @param forkParentDevice the device or driver that it uses; empty if none
 * @param engineDevice the device or driver that this process uses; empty if none
 * @param nativeExecutable whether the engine is a native executable, without the classes of a worker
 * @param java what workers run on, and what was passed over for it
 * @param forkCommand the command line that starts this engine as a child of the launcher and asks for {@code fork}
 * @param insideWorker the number of the worker that this process was started in; empty if in none
 */
public record ProcessFacts(
        boolean launcher,
        String launcherProblem,
        boolean owned,
        int forkParentThreads,
        String forkParentDevice,
        String engineDevice,
        boolean nativeExecutable,
        String java,
        String forkCommand,
        String insideWorker) {}
