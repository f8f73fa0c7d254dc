package io.quern.jinja;

import io.quern.jinja.TemplateException.Limit;

/**
 * Limits what one rendering may cost: steps, bytes, the length of a text, time. Every loop pays for each iteration, and
 * every operation that creates a text or a list pays before it creates it. Steps and bytes are counted, so a template
 * that exceeds them fails on every machine; time is an additional limit. For one thread.
 *
 * <p>A step is one evaluation, one element of a list, or {@value #CHARACTERS_PER_STEP} characters that are scanned or
 * copied. Each takes some tens of nanoseconds. Bytes count everything that is created, which is never less than what is
 * in use at one time.
 */
final class Budget {
    static final int CHARACTERS_PER_STEP = 16;

    /** Steps between two checks of the clock and of the thread's interrupt flag. */
    private static final int LOOK = 1024;

    /**
     * Bytes of an element with the reference to it. Set high, so that a list that keeps a whole megabyte is refused
     * early.
     */
    private static final int BYTES_OF_ELEMENT = 64;

    private static final int BYTES_OF_TEXT = 48;

    private final Limits limits;
    private final long end;
    private long steps;
    private long bytes;
    private long nextLook;

    Budget(Limits limits) {
        this.limits = limits;
        this.end = System.nanoTime() + limits.time().toNanos();
    }

    long steps() {
        return steps;
    }

    long bytes() {
        return bytes;
    }

    void step() {
        steps(1);
    }

    void steps(long count) {
        steps += count;
        if (steps > limits.steps()) {
            throw beyond(Limit.STEPS, "needs more than " + limits.steps() + " steps");
        }
        if (steps >= nextLook) {
            look();
        }
    }

    /** Pays for scanning a text once. */
    void read(long characters) {
        steps(1 + characters / CHARACTERS_PER_STEP);
    }

    /** Pays for a text before it is created. */
    void text(long characters) {
        growing(characters);
        allocate(BYTES_OF_TEXT + 2 * characters);
        read(characters);
    }

    /** Checks the length of a text while it grows. {@link #text} pays for it at the end. */
    void growing(long characters) {
        if (characters > limits.characters()) {
            throw beyond(Limit.CHARACTERS, "creates a text of more than " + limits.characters() + " characters");
        }
    }

    /** Pays for elements before they are added to a list or dict. */
    void elements(long count) {
        allocate(BYTES_OF_ELEMENT * count);
        steps(count);
    }

    private void allocate(long count) {
        bytes += count;
        if (bytes > limits.bytes()) {
            throw beyond(Limit.BYTES, "creates more than " + limits.bytes() + " bytes of texts and lists");
        }
    }

    private void look() {
        nextLook = steps + LOOK;
        if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
            throw beyond(Limit.TIME, "takes longer than " + limits.time().toMillis() + " ms");
        }
    }

    private static TemplateError beyond(Limit limit, String what) {
        return new TemplateError(limit, "the template " + what);
    }
}
