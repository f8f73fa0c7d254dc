package io.quern.boot;

import io.quern.home.QuernHome;
import io.quern.jvm.WorkerRuntime;
import io.quern.launch.Installation;
import io.quern.sandbox.Sandbox;
import java.nio.file.Path;
import java.util.Optional;

/**
 * The parts with which workers are started, each with its own problem if it was not found; see {@link Installation}.
 */
public record InstallationParts(
        Found<QuernHome> home,
        Found<Path> libraries,
        Found<WorkerRuntime> runtime,
        Found<Optional<Path>> launcher,
        Found<Sandbox> sandbox) {

    /** Returns the launcher's file, if this build has one and it was found. */
    public Optional<Path> program() {
        return program(launcher);
    }

    static Optional<Path> program(Found<Optional<Path>> launcher) {
        return launcher.found().flatMap(file -> file);
    }

    /**
     * Returns all parts together.
     *
     * @throws RuntimeException the problem of the first part that was not found
     */
    public Installation whole() {
        return new Installation(
                home.orThrow(), libraries.orThrow(), runtime.orThrow(), launcher.orThrow(), sandbox.orThrow());
    }
}
