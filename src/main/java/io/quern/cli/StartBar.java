package io.quern.cli;

import org.jspecify.annotations.Nullable;

/** Shows a start that takes longer than a moment. */
final class StartBar implements AutoCloseable {
    private static final long MOMENT_NANOS = 500_000_000;

    private final String model;
    private final long begun = System.nanoTime();
    private @Nullable Progress bar;

    StartBar(String model) {
        this.model = model;
    }

    /** @param state of the start, as text for people */
    void at(String state) {
        if (System.nanoTime() - begun < MOMENT_NANOS) {
            return;
        }
        Progress shown = bar;
        if (shown == null) {
            shown = Progress.of("Starting an engine for " + model, -1, "");
            bar = shown;
        }
        shown.detail(state);
    }

    @Override
    public void close() {
        if (bar != null) {
            bar.close();
        }
    }
}
