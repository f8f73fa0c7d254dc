package io.quern.cli;

import java.io.IOException;
import java.io.InputStream;
import java.time.Duration;
import java.util.Optional;

/**
 * Ends an engine that serves one session together with the process of that session, even if that is killed. The parent
 * holds the other end of this engine's standard input and writes nothing; the kernel closes it when the parent ends.
 */
final class ParentWatch {
    /** The system property with the pid of the session's process. */
    static final String PROPERTY = "io.quern.session-of";

    /** Longest time for the orderly shutdown. The kernel then ends the workers. */
    private static final Duration PATIENCE = Duration.ofMillis(500);

    private ParentWatch() {}

    /** Returns the pid of the session's process, or empty if this is an ordinary engine. */
    static Optional<Long> sessionOf() {
        return Optional.ofNullable(System.getProperty(PROPERTY)).map(Long::valueOf);
    }

    /** Starts to watch if this engine serves a session. Call this before the engine boots. */
    static void startIfNeeded() {
        if (sessionOf().isPresent()) {
            EndWatch watch = EndWatch.start();
            Thread.ofPlatform().daemon().name("quern-parent-watch").start(() -> await(System.in, watch));
        }
    }

    private static void await(InputStream parent, EndWatch watch) {
        try {
            while (parent.read() >= 0) {
                // the parent writes nothing that matters
            }
        } catch (IOException e) {
            // as good as its end
        }
        watch.endWithin(PATIENCE, 0);
        System.exit(0);
    }
}
