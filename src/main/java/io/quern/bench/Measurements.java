package io.quern.bench;

import io.quern.client.Answer;
import io.quern.client.ClientException;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;
import org.HdrHistogram.ConcurrentHistogram;

/** Collects what clients measure. Thread-safe; clients record without locks. */
final class Measurements {
    private static final long MAX_MICROS = TimeUnit.HOURS.toMicros(1);
    private static final int DIGITS = 3;
    private static final int MAX_ERROR_CHARS = 160;

    /** Different errors that are kept apart. */
    private static final int MAX_ERRORS = 20;

    private static final String OTHER_ERRORS = "other errors";

    private final ConcurrentHistogram toFirst = new ConcurrentHistogram(MAX_MICROS, DIGITS);
    private final ConcurrentHistogram between = new ConcurrentHistogram(MAX_MICROS, DIGITS);
    private final ConcurrentHistogram whole = new ConcurrentHistogram(MAX_MICROS, DIGITS);
    private final LongAdder pieces = new LongAdder();
    private final LongAdder piecesOfEnded = new LongAdder();
    private final LongAdder tokens = new LongAdder();
    private final LongAdder promptTokens = new LongAdder();
    private final AtomicInteger answered = new AtomicInteger();
    private final AtomicInteger failed = new AtomicInteger();
    private final Map<String, Integer> errors = new ConcurrentHashMap<>();

    /** A piece of an answer has arrived. */
    void piece() {
        pieces.increment();
    }

    void between(long nanos) {
        record(between, nanos);
    }

    /** @param pieces in how many pieces the answer came */
    void answered(Answer answer, long pieces) {
        record(toFirst, answer.toFirst().toNanos());
        record(whole, answer.total().toNanos());
        tokens.add(answer.tokens());
        promptTokens.add(answer.promptTokens());
        piecesOfEnded.add(pieces);
        answered.incrementAndGet();
    }

    void failed(ClientException failure, long pieces) {
        piecesOfEnded.add(pieces);
        tokens.add(pieces);
        failed.incrementAndGet();
        String message = failure.text().lines().findFirst().orElse("");
        String text = message.length() > MAX_ERROR_CHARS ? message.substring(0, MAX_ERROR_CHARS) + "..." : message;
        errors.merge(errors.size() < MAX_ERRORS || errors.containsKey(text) ? text : OTHER_ERRORS, 1, Integer::sum);
    }

    private static void record(ConcurrentHistogram histogram, long nanos) {
        histogram.recordValue(Math.clamp(nanos / 1000, 0, MAX_MICROS));
    }

    /**
     * Returns the state at this moment. A piece counts as one token until its answer has ended.
     *
     * @param elapsed since the measurement began
     * @param running requests that run
     */
    Report report(Duration elapsed, int running) {
        return new Report(
                elapsed,
                running,
                answered.get(),
                failed.get(),
                new TreeMap<>(errors),
                promptTokens.sum(),
                tokens.sum() + Math.max(0, pieces.sum() - piecesOfEnded.sum()),
                Percentiles.of(toFirst),
                Percentiles.of(between),
                Percentiles.of(whole));
    }
}
