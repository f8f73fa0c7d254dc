package io.quern.faults;

import java.nio.file.Path;
import java.util.List;
import java.util.regex.Pattern;

/** The engine's user may have only a few more threads than the JVM needs ({@code ulimit -u}). */
final class ThreadLimit extends RefusedStart {
    /** Enough to boot with two processors, too few to start a worker. */
    private static final int THREADS = 33;

    @Override
    public String name() {
        return "thread-limit";
    }

    @Override
    public boolean concerns(String method) {
        return !method.equals("fork");
    }

    @Override
    List<String> wrapper(Path home) {
        return Restricted.threads(THREADS);
    }

    @Override
    Pattern reason() {
        return Pattern.compile("his user may create " + THREADS + " threads and processes \\(ulimit -u\\)");
    }
}
