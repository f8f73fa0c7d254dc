package io.quern.policy;

/**
 * What is known of the launcher, which would fork workers, and of the engine, which would hold them.
 *
 * @param launcher whether this build carries the launcher for this platform
 * @param launcherProblem why the launcher cannot be run where it lies; empty if it can
 * @param entryPoint whether this engine has one: the launcher is its parent, and can fork workers from itself
 * @param launcherThreads threads of the launcher, as far as it runs already; a clean one has 1
 * @param launcherDevice the device or driver that it uses; empty if none
 * @param engineDevice the device or driver that this process uses; empty if none
 * @param nativeExecutable whether the engine is a native executable, without the classes of a worker
 * @param java what workers run on, and what was passed over for it
 * @param forkCommand the command line that starts this engine as a child of the launcher and asks for {@code fork}
 * @param insideWorker the number of the worker that this process was started in; empty if in none
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
