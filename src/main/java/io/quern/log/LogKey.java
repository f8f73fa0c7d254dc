package io.quern.log;

/** The keys of log lines, in the order in which they appear in a line; docs/reference/logging.md describes them. */
enum LogKey {
    WORKER_ID("workerId"),
    PID("pid"),
    REQUEST_ID("requestId"),
    MODEL("model");

    private final String text;

    LogKey(String text) {
        this.text = text;
    }

    @Override
    public String toString() {
        return text;
    }
}
