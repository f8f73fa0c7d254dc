package io.quern.model.jinja;

import java.time.Duration;

/** Ends a rendering that takes too long, or whose thread was interrupted, from within. */
final class Deadline {
    private final Duration time;
    private final long end;

    Deadline(Duration time) {
        this.time = time;
        this.end = System.nanoTime() + time.toNanos();
    }

    void check() {
        if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
            throw new TemplateError(
                    TemplateException.Fault.LIMIT, "the template takes longer than " + time.toMillis() + " ms");
        }
    }
}
