package io.quern.policy;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** The ways to start a worker. */
public enum StartMethod {
    /** Executes a fresh JVM. Works everywhere. */
    SPAWN,
    /** The engine's entry point forks the worker. */
    FORK,
    /** A fork server that the engine has started forks the worker. */
    FORKSERVER,
    /** The worker runs in a thread of the engine, without a process of its own. */
    INLINE;

    static Optional<StartMethod> named(String name) {
        return Arrays.stream(values())
                .filter(method -> method.toString().equals(name))
                .findFirst();
    }

    @Override
    public String toString() {
        return name().toLowerCase(Locale.ROOT);
    }
}
