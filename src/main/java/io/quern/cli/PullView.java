package io.quern.cli;

import io.quern.settings.ByteFormat;
import io.quern.store.ModelReference;
import io.quern.store.PullEvent;
import io.quern.store.PullListener;
import org.jspecify.annotations.Nullable;

/**
 * Shows on standard error how a download goes on: bars for what takes long, and a line for each event. If Ctrl-C ends
 * the process, it says that the next pull continues. The store calls it from one thread at a time.
 */
final class PullView implements PullListener, AutoCloseable {
    private final Output out;
    private final ModelReference.Remote reference;
    private final Thread interrupted;
    private @Nullable Progress progress;
    private @Nullable Class<?> shown;

    PullView(Output out, ModelReference.Remote reference) {
        this.out = out;
        this.reference = reference;
        this.interrupted = new Thread(this::interrupted, "quern-pull-interrupted");
        Runtime.getRuntime().addShutdownHook(interrupted);
    }

    @Override
    public synchronized void on(PullEvent event) {
        switch (event) {
            case PullEvent.Resolving resolving -> line("Looking for " + resolving.reference() + ".");
            case PullEvent.Chosen chosen -> line(text(chosen));
            case PullEvent.Waiting waiting ->
                once(waiting, "Another process downloads the same model; waiting for it.");
            case PullEvent.Downloading state ->
                bar(state, "Downloading", state.done() - state.fetched(), state.done(), state.total());
            case PullEvent.Verifying state -> bar(state, "Verifying", 0, state.done(), state.total());
            case PullEvent.Retrying retrying ->
                line(retrying.problem() + " Next attempt in "
                        + Math.max(1, retrying.delay().toSeconds()) + " s.");
            case PullEvent.Notice notice -> line((notice.warning() ? "WARNING: " : "") + notice.text());
        }
    }

    private static String text(PullEvent.Chosen chosen) {
        String size = chosen.bytes() > 0 ? ByteFormat.of(chosen.bytes()) : "size unknown";
        return "Downloading " + chosen.reference() + " (" + size
                + (chosen.files() > 1 ? " in " + chosen.files() + " files" : "") + ")."
                + (chosen.reason().isEmpty() ? "" : " " + chosen.reason());
    }

    private void bar(PullEvent event, String task, long before, long done, long total) {
        Progress bar = progress;
        if (bar == null || shown != event.getClass()) {
            endBar();
            bar = Progress.ofBytes(task, Math.max(0, before), total > 0 ? total : -1);
            progress = bar;
        }
        shown = event.getClass();
        bar.at(done);
    }

    private void once(PullEvent event, String text) {
        if (shown != event.getClass()) {
            line(text);
            shown = event.getClass();
        }
    }

    private void line(String text) {
        endBar();
        shown = null;
        out.note(text);
    }

    private void endBar() {
        if (progress != null) {
            progress.close();
            progress = null;
        }
    }

    /** Runs when the process ends in the middle, as by Ctrl-C. */
    private void interrupted() {
        // the bar has not ended its line. Not synchronized: the store's thread may hold the lock while it waits
        out.err().println();
        out.note("Interrupted. The next `" + Commands.name() + " pull " + reference + "` continues from here.");
    }

    @Override
    public synchronized void close() {
        endBar();
        try {
            Runtime.getRuntime().removeShutdownHook(interrupted);
        } catch (IllegalStateException e) {
            // the process ends already, and the hook has run
        }
    }
}
