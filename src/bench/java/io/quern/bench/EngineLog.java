package io.quern.bench;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.time.Duration;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** An engine's log, read on and on from its beginning while the engine writes it. */
final class EngineLog implements AutoCloseable {
    private static final Pattern STARTED = Pattern.compile("workerId=\\d+ pid=(\\d+) started by (\\S+)");
    private static final Duration PATIENCE = Duration.ofSeconds(120);
    private static final Duration POLL = Duration.ofMillis(1);

    private final Service service;
    private final BufferedReader reader;
    private final StringBuilder line = new StringBuilder();

    EngineLog(Service service) throws IOException {
        this.service = service;
        this.reader = Files.newBufferedReader(service.log());
    }

    /** The next worker that the engine has started, which must be by that method: it may have had to take another one. */
    ProcessHandle awaitWorker(String method) throws IOException {
        MatchResult started = await(STARTED);
        if (!started.group(2).equals(method)) {
            throw new IllegalStateException(
                    "a worker was started by " + started.group(2) + "; its log: " + service.logEnd());
        }
        return ProcessHandle.of(Long.parseLong(started.group(1))).orElseThrow();
    }

    /** The next line, from where the last search ended, in which the pattern is found. */
    MatchResult await(Pattern pattern) throws IOException {
        long until = System.nanoTime() + PATIENCE.toNanos();
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
        throw new IllegalStateException("no '" + pattern + "' within " + PATIENCE + "; its log: " + service.logEnd());
    }

    /** Whether {@link #line} is whole: of one that is being written, the part that is there stays in it. */
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
