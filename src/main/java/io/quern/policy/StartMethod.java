package io.quern.policy;

import java.util.Arrays;
import java.util.Locale;
import java.util.Optional;

/** How a worker process comes to life. */
public enum StartMethod {
    /** Exec of a fresh JVM: works everywhere. */
    SPAWN,
    /** Forked by the engine's entry point. */
    FORK,
    /** Forked by a fork server that the engine has started. */
    FORKSERVER,
    /** No process: the worker's loop in a thread of the engine. */
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
