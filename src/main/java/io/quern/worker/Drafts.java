package io.quern.worker;

import java.util.List;
import java.util.OptionalDouble;

/**
 * Decides how many drafted tokens a step checks. A step with more rows takes longer, so drafts are used only if they are
 * expected to bring more tokens per second than a step without them. All sequences of a step have as many rows, because
 * llama.cpp would compute others one after another; those without a draft get rows that count for nothing. Used only by
 * the step loop.
 */
final class Drafts {
    /** The shortest length, only for several sequences: a second row costs a single one nearly as much as the first. */
    private static final int SHORTEST = 1;

    /** A length that is considered besides the longest one. Each has to be measured, so there are few. */
    private static final int SHORT = 3;

    /** Drafts must make the sequences this many times as fast. */
    private static final double GAIN = 1.1;

    /** What a step costs with more rows, until it is measured: this power of how many times as many there are. */
    private static final double POWER = 0.65;

    /** Drafts after which one is checked although it seems too slow: the measurement may be from a busy moment. */
    private static final int FIRST_WAIT = 64;

    private static final int LONGEST_WAIT = 4096;

    private final int most;
    private final int mostRows;
    private int refused;
    private int wait = FIRST_WAIT;

    /**
     * @param most the most tokens of a draft, or 0 for none
     * @param mostRows the most rows of a step with drafts
     */
    Drafts(int most, int mostRows) {
        this.most = most;
        this.mostRows = mostRows;
    }

    /** Returns how many tokens the draft of each of these sequences has in the next step, or 0 for none. */
    int length(List<Sequence> live, StepShapes shapes) {
        int sequences = live.size();
        if (most == 0 || 2 * sequences > mostRows) {
            return 0;
        }
        OptionalDouble plain = shapes.nanos(sequences);
        if (plain.isEmpty()
                || live.stream().noneMatch(sequence -> sequence.lookup().matches())) {
            return 0;
        }
        int limit = Math.min(most, mostRows / sequences - 1);
        for (Sequence sequence : live) {
            limit = Math.min(limit, sequence.room() - 1);
        }
        int chosen = 0;
        int promising = 0;
        double best = GAIN;
        for (int length : sequences == 1 ? new int[] {SHORT, most} : new int[] {SHORTEST, SHORT, most}) {
            if (length > limit) {
                continue;
            }
            double assumed = Math.pow(1 + length, POWER);
            OptionalDouble measured = shapes.nanos(sequences * (1 + length));
            double cost = measured.isPresent() ? measured.getAsDouble() / plain.getAsDouble() : assumed;
            double tokens = live.stream()
                            .mapToDouble(sequence -> expected(sequence, length))
                            .sum()
                    / sequences;
            if (tokens / cost > best) {
                chosen = length;
                best = tokens / cost;
            }
            if (tokens / assumed > GAIN) {
                promising = length;
            }
        }
        return chosen > 0 ? used(chosen) : triedAgain(promising);
    }

    /** Returns how many tokens a step is expected to bring that checks a draft of this length. */
    private static double expected(Sequence sequence, int length) {
        PromptLookup lookup = sequence.lookup();
        return lookup.matches() ? lookup.expected(Math.min(length, sequence.mostDrafted())) : 1;
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
