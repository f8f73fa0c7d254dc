package io.quern.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads the log of an engine from its beginning, while the engine writes it. */
final class EngineLog implements AutoCloseable {
    private static final Pattern STARTED = Pattern.compile("workerId=\\d+ pid=(\\d+) started by (\\S+)");
    private static final Duration TIMEOUT = Duration.ofSeconds(120);
    private static final Duration POLL = Duration.ofMillis(1);

    private final Service service;
    private final BufferedReader reader;
    private final StringBuilder line = new StringBuilder();

    EngineLog(Service service) throws IOException {
        this.service = service;
        this.reader = Files.newBufferedReader(service.log());
    }

    /** Waits for the next worker that the engine starts. Fails if the engine has used another start method. */
    ProcessHandle awaitWorker(String method) throws IOException {
        MatchResult started = await(STARTED);
        if (!started.group(2).equals(method)) {
            throw new IllegalStateException("expected a worker started by " + method + ", saw " + started.group(2)
                    + "; the log: " + service.logEnd());
        }
        return ProcessHandle.of(Long.parseLong(started.group(1))).orElseThrow();
    }

    /** Waits for the next line with a match, and continues from there at the next call. */
    MatchResult await(Pattern pattern) throws IOException {
        long until = System.nanoTime() + TIMEOUT.toNanos();
        while (System.nanoTime() < until) {
            if (!nextLine()) {
                Service.pause(POLL);
                continue;
            }
            Matcher matcher = pattern.matcher(line);
            MatchResult found = matcher.find() ? matcher.toMatchResult() : null;
            line.setLength(0);
            if (found != null) {
                return found;
            }
        }
        throw new IllegalStateException(
                "no line '" + pattern + "' within " + TIMEOUT + "; the log: " + service.logEnd());
    }

    /**
     * Reads on and returns whether {@link #line} is complete. The beginning of a line that is still being written stays
     * in it.
     */
    private boolean nextLine() throws IOException {
        for (int c = reader.read(); c >= 0; c = reader.read()) {
            if (c == '\n') {
                return true;
            }
            line.append((char) c);
        }
        return false;
    }

    @Override
    public void close() throws IOException {
        reader.close();
    }
}
