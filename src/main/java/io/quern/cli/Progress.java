package io.quern.cli;

import io.quern.text.Printable;
import java.io.PrintStream;
import java.nio.charset.Charset;
import java.time.Duration;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import me.tongfei.progressbar.DelegatingProgressBarConsumer;
import me.tongfei.progressbar.ProgressBar;
import me.tongfei.progressbar.ProgressBarBuilder;
import me.tongfei.progressbar.ProgressBarStyle;

/**
 * Shows on standard error how far a piece of work is, its rate, and how long it will still take: as a bar on a
 * terminal, elsewhere as a line every few seconds. Thread-safe.
 */
final class Progress implements AutoCloseable {
    /** Length of a line that no terminal limits. */
    private static final int LINE = 100;

    private static final int BAR_EVERY_MILLIS = 200;
    private static final int LINE_EVERY_MILLIS = 5_000;
    private static final long MEBIBYTE = 1 << 20;

    private final ProgressBar bar;

    private Progress(ProgressBar bar) {
        this.bar = bar;
    }

    /**
     * @param task what is done, such as {@code Downloading model.gguf}
     * @param total number of bytes, or -1 if unknown
     */
    static Progress ofBytes(String task, long total) {
        return ofBytes(task, 0, total);
    }

    /** @param before bytes that an earlier attempt has done, which do not count for the rate */
    static Progress ofBytes(String task, long before, long total) {
        return new Progress(builder(task, total)
                .setUnit(" MiB", MEBIBYTE)
                .startsFrom(before, Duration.ZERO)
                .build());
    }

    /**
     * @param total number of steps, or -1 if unknown
     * @param unit such as {@code " requests"}
     */
    static Progress of(String task, long total, String unit) {
        return new Progress(builder(task, total).setUnit(unit, 1).build());
    }

    private static ProgressBarBuilder builder(String task, long total) {
        boolean terminal = Streams.ERR.isTerminal();
        PrintStream err = System.err;
        ProgressBarBuilder builder = new ProgressBarBuilder()
                .setTaskName(Printable.line(task))
                .setInitialMax(total)
                .setStyle(style(terminal, err.charset()))
                .setUpdateIntervalMillis(terminal ? BAR_EVERY_MILLIS : LINE_EVERY_MILLIS)
                .showSpeed();
        return terminal ? builder : builder.setConsumer(new DelegatingProgressBarConsumer(changed(err), LINE));
    }

    /** Prints lines that differ from the one before: the last state comes twice. */
    private static Consumer<String> changed(PrintStream err) {
        AtomicReference<String> last = new AtomicReference<>("");
        return line -> {
            if (!last.getAndSet(line).equals(line)) {
                err.println(line);
            }
        };
    }

    private static ProgressBarStyle style(boolean terminal, Charset charset) {
        boolean unicode = charset.name().toUpperCase(Locale.ROOT).startsWith("UTF");
        return terminal && unicode ? ProgressBarStyle.UNICODE_BLOCK : ProgressBarStyle.ASCII;
    }

    /** Shows that this much is done: bytes or steps since the begin of the work. */
    void at(long done) {
        bar.stepTo(done);
    }

    /** Corrects the total once it is known, or has changed. */
    void total(long total) {
        bar.maxHint(total);
    }

    /** Shows a short text behind the bar, such as the current file. */
    void detail(String text) {
        bar.setExtraMessage(" " + Printable.line(text));
    }

    /** Shows the last state and ends the line. */
    @Override
    public void close() {
        bar.close();
    }
}
