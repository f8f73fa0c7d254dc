package io.quern.openai;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import java.util.logging.Logger;

/** Collects warnings and errors until it is closed, except those of the test's own HTTP client. */
final class LoudLog extends Handler implements AutoCloseable {
    private static final String CLIENT = "io.vertx.core.http.impl.HttpClient";

    private final Logger root = Logger.getLogger("");
    private final List<String> lines = new CopyOnWriteArrayList<>();

    LoudLog() {
        root.addHandler(this);
    }

    List<String> lines() {
        return lines;
    }

    @Override
    public void publish(LogRecord entry) {
        boolean loud = entry.getLevel().intValue() >= Level.WARNING.intValue();
        if (loud && !String.valueOf(entry.getLoggerName()).startsWith(CLIENT)) {
            lines.add(entry.getLevel() + " " + entry.getLoggerName() + " " + entry.getMessage());
        }
    }

    @Override
    public void flush() {}

    @Override
    public void close() {
        root.removeHandler(this);
    }
}
