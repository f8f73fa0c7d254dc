package io.quern.model.jinja;

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

    /** The largest piece of a text that is worked on between two looks at the clock, where the work is ours. */
    static final int PIECE = 4096;

    /** Steps between two looks at the clock. */
    private static final int LOOK = 1024;

    /** What an element takes with the reference to it; so a list that keeps a whole megabyte is refused early. */
    private static final int BYTES_OF_ELEMENT = 64;

    private static final int BYTES_OF_TEXT = 48;
    private static final int MAX_ELEMENTS = 1_000_000;

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
        step(1);
    }

    void step(long count) {
        steps += count;
        if (steps > limits.steps()) {
            throw beyond("needs more than " + limits.steps() + " steps (quern.template.max-steps)");
        }
        if (steps >= nextLook) {
            look();
        }
    }

    /** So many are looked at or copied. */
    void characters(long count) {
        step(1 + count / CHARACTERS_PER_STEP);
    }

    /** Before a text of that length is made. */
    void text(long characters) {
        growing(characters);
        allocate(BYTES_OF_TEXT + 2 * characters);
        characters(characters);
    }

    /** While a text grows to that length. */
    void growing(long characters) {
        if (characters > limits.characters()) {
            throw beyond("makes more than " + limits.characters() + " characters (quern.template.max-output)");
        }
    }

    /** Before a list or dict of so many elements is made. */
    void elements(long count) {
        if (count > MAX_ELEMENTS) {
            throw beyond("makes a list of more than " + MAX_ELEMENTS + " elements");
        }
        allocate(BYTES_OF_ELEMENT * (count + 1));
        step(count + 1);
    }

    /** Before one more element is put into a list. */
    void element() {
        allocate(BYTES_OF_ELEMENT);
        step();
    }

    void allocate(long count) {
        bytes += count;
        if (bytes > limits.bytes()) {
            throw beyond("makes more than " + limits.bytes() + " bytes of texts and lists (quern.template.max-memory)");
        }
    }

    private void look() {
        nextLook = steps + LOOK;
        if (System.nanoTime() - end > 0 || Thread.currentThread().isInterrupted()) {
            throw beyond("takes longer than " + limits.time().toMillis() + " ms (quern.template.timeout)");
        }
    }

    private static TemplateError beyond(String what) {
        return new TemplateError(TemplateException.Fault.LIMIT, "the template " + what);
    }
}
