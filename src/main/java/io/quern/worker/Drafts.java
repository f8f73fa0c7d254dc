package io.quern.worker;

import java.util.OptionalDouble;

/**
 * Decides how many drafted tokens a step checks. A step with more rows takes longer, so a draft is used only if it is
 * expected to bring more tokens per second than steps without one. Used only by the step loop.
 */
final class Drafts {
    private static final int[] NONE = {};

    /** A length that is considered besides the longest one. Each has to be measured, so there are few. */
    private static final int SHORT = 3;

    /** A draft must make the sequence this many times as fast. */
    private static final double GAIN = 1.1;

    /** What a row costs of a step with a single one, until it is measured. */
    private static final double ROW = 0.4;

    /** Drafts after which one is checked although it seems too slow: the measurement may be from a busy moment. */
    private static final int FIRST_WAIT = 64;

    private static final int LONGEST_WAIT = 4096;

    private final int most;
    private int refused;
    private int wait = FIRST_WAIT;

    /** @param most the most tokens of a draft, or 0 for none */
    Drafts(int most) {
        this.most = most;
    }

    boolean possible() {
        return most > 0;
    }

    /** Returns the tokens to check, or none. */
    int[] of(Sequence sequence, StepShapes shapes) {
        OptionalDouble single = shapes.nanos(1);
        PromptLookup lookup = sequence.lookup();
        if (single.isEmpty() || !lookup.matches()) {
            return NONE;
        }
        int limit = Math.min(most, sequence.mostDrafted());
        int chosen = 0;
        int promising = 0;
        double best = GAIN;
        for (int length : new int[] {SHORT, most}) {
            if (length > limit) {
                continue;
            }
            double assumed = 1 + length * ROW;
            OptionalDouble measured = shapes.nanos(1 + length);
            double cost = measured.isPresent() ? measured.getAsDouble() / single.getAsDouble() : assumed;
            double tokens = lookup.expected(length);
            if (tokens / cost > best) {
                chosen = length;
                best = tokens / cost;
            }
            if (tokens / assumed > GAIN) {
                promising = length;
            }
        }
        return lookup.draft(chosen > 0 ? used(chosen) : triedAgain(promising));
    }

    private int used(int length) {
        refused = 0;
        wait = FIRST_WAIT;
        return length;
    }

    private int triedAgain(int length) {
        if (length == 0 || ++refused < wait) {
            return 0;
        }
        refused = 0;
        wait = Math.min(2 * wait, LONGEST_WAIT);
        return length;
    }
}
