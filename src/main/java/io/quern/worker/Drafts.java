package io.quern.worker;

import java.util.OptionalDouble;

/**
 * Decides how many drafted tokens a step checks. A step with more rows takes longer, so a draft is used only if it is
 * expected to bring more tokens per second than steps without one. Used only by the step loop.
 *
 * @param most the most tokens of a draft, or 0 for none
 */
record Drafts(int most) {
    private static final int[] NONE = {};

    /** A length that is considered besides the longest one. Each has to be measured, so there are few. */
    private static final int SHORT = 3;

    /** A draft must make the sequence this many times as fast. */
    private static final double GAIN = 1.1;

    /** What a row costs of a step with a single one, until it is measured. */
    private static final double ROW = 0.4;

    boolean possible() {
        return most > 0;
    }

    /** Returns the tokens to check, or none. */
    int[] of(Sequence sequence, StepShapes shapes) {
        OptionalDouble single = shapes.nanos(1);
        PromptLookup lookup = sequence.lookup();
        int limit = Math.min(most, sequence.mostDrafted());
        int chosen = 0;
        double best = GAIN;
        for (int length : new int[] {SHORT, most}) {
            if (length <= limit && single.isPresent()) {
                double cost = shapes.nanos(1 + length).orElse((1 + length * ROW) * single.getAsDouble());
                double gain = lookup.expected(length) * single.getAsDouble() / cost;
                if (gain > best) {
                    chosen = length;
                    best = gain;
                }
            }
        }
        return chosen == 0 ? NONE : lookup.draft(chosen);
    }
}
