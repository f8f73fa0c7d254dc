package io.quern.jinja;

import io.quern.jinja.TemplateException.Limit;

/**
 * What one rendering may cost: steps, bytes, the length of a text, time. Everything that loops pays here for each round, and everything
 * that makes a text or a list pays before it is made. Steps and bytes are counted, so a template that is refused is refused on every
 * machine; time is a second bound. For one thread.
 *
 * <p>A step is one evaluation, one element of a list, or {@value #CHARACTERS_PER_STEP} characters that are looked at or copied: each takes
 * some tens of nanoseconds. Bytes are what is made in all, not what is held at a time: that is never more.
 */
final class Budget {
    static final int CHARACTERS_PER_STEP = 16;

    /** Steps between two looks at the clock and at the thread's interrupt flag. */
    private static final int LOOK = 1024;

    /** What an element takes with the reference to it; so a list that keeps a whole megabyte is refused early. */
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

    /** For a text that is looked at once. */
    void read(long characters) {
        steps(1 + characters / CHARACTERS_PER_STEP);
    }

    /** Before a text of that length is made. */
    void text(long characters) {
        growing(characters);
        allocate(BYTES_OF_TEXT + 2 * characters);
        read(characters);
    }

    /** While a text grows to that length; its end is paid for by {@link #text}. */
    void growing(long characters) {
        if (characters > limits.characters()) {
            throw beyond(Limit.CHARACTERS, "makes a text of more than " + limits.characters() + " characters");
        }
    }

    /** Before so many elements are put into a list or dict. */
    void elements(long count) {
        allocate(BYTES_OF_ELEMENT * count);
        steps(count);
    }

    private void allocate(long count) {
        bytes += count;
        if (bytes > limits.bytes()) {
            throw beyond(Limit.BYTES, "makes more than " + limits.bytes() + " bytes of texts and lists");
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
