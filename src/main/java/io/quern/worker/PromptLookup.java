package io.quern.worker;

import java.util.Arrays;

/**
 * Drafts the next tokens of a sequence: what followed its last tokens where they occurred before, in the prompt or in
 * the answer (prompt lookup decoding). It also observes how often such a draft is right, whether or not it was used.
 * Not thread-safe.
 */
final class PromptLookup {
    /** Fewer tokens occur again by chance. */
    private static final int LENGTH = 3;

    /** Places that are remembered at most; a later one replaces one with the same hash. */
    private static final int MOST_PLACES = 1 << 14;

    /** Weight of the newest token. */
    private static final double WEIGHT = 0.1;

    /** What is assumed before anything was observed: a draft is not worth while then. */
    private static final double UNKNOWN = 0.3;

    private final int[] places;
    private int[] tokens;
    private int count;

    /** Where the last tokens continued before, or -1. */
    private int match = -1;

    private double right = UNKNOWN;

    /** @param tokens what the sequence contains already */
    PromptLookup(int[] tokens) {
        places = new int[Math.clamp(4L * Integer.highestOneBit(tokens.length + 1), 256, MOST_PLACES)];
        Arrays.fill(places, -1);
        this.tokens = new int[Math.max(256, 2 * tokens.length)];
        for (int token : tokens) {
            append(token);
        }
    }

    /** Adds the next token. */
    void add(int token) {
        if (match >= 0) {
            right += WEIGHT * ((tokens[match] == token ? 1 : 0) - right);
        }
        append(token);
    }

    private void append(int token) {
        if (count == tokens.length) {
            tokens = Arrays.copyOf(tokens, 2 * count);
        }
        tokens[count++] = token;
        if (count >= LENGTH) {
            int place = place(count);
            int earlier = places[place];
            places[place] = count;
            match = earlier >= 0 && Arrays.equals(tokens, earlier - LENGTH, earlier, tokens, count - LENGTH, count)
                    ? earlier
                    : -1;
        }
    }

    private int place(int end) {
        int hash = 0;
        for (int i = end - LENGTH; i < end; i++) {
            hash = (hash + tokens[i]) * 0x9E3779B1;
        }
        return (hash >>> 8) & (places.length - 1);
    }

    /** Returns whether the last tokens have occurred before. */
    boolean matches() {
        return match >= 0;
    }

    /** Returns so many drafted tokens, or none if the last tokens are new. A text that repeats itself goes on. */
    int[] draft(int length) {
        int[] draft = new int[matches() ? length : 0];
        for (int i = 0; i < draft.length; i++) {
            int at = match + i;
            draft[i] = at < count ? tokens[at] : draft[at - count];
        }
        return draft;
    }

    /** Returns how many tokens a step is expected to bring that checks a draft of this length. */
    double expected(int length) {
        double sum = 1;
        double all = 1;
        for (int i = 0; i < length; i++) {
            all *= right;
            sum += all;
        }
        return sum;
    }
}
