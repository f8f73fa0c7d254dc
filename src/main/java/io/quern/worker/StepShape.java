package io.quern.worker;

import java.util.ArrayList;
import java.util.List;

/**
 * How the rows of a step are computed. A row is the next token of one sequence.
 *
 * @param threads the threads that compute
 * @param cut how the rows are divided into batches
 */
record StepShape(int threads, Cut cut) {
    private static final int FOUR = 4;

    /** How the rows are divided into batches, each of which is a call of llama.cpp. */
    enum Cut {
        /** All rows are one batch. */
        WHOLE,

        /** One batch holds a multiple of four rows, for which some weights have a faster kernel, and each other row is one. */
        FOURS,

        /** Each row is a batch. For two rows and more, some weights have kernels that are slower than that of one row. */
        SINGLES;

        /** Returns whether this divides so many rows in another way than the cuts before it. */
        boolean differs(int rows) {
            return switch (this) {
                case WHOLE -> true;
                case FOURS -> rows > FOUR && rows % FOUR != 0;
                case SINGLES -> rows > 1;
            };
        }
    }

    /** Returns the batches, whose rows are in the given order. */
    <T> List<List<T>> batches(List<T> rows) {
        int first =
                switch (cut) {
                    case WHOLE -> rows.size();
                    case FOURS -> rows.size() / FOUR * FOUR;
                    case SINGLES -> 0;
                };
        List<List<T>> batches = new ArrayList<>();
        if (first > 0) {
            batches.add(rows.subList(0, first));
        }
        for (int row = first; row < rows.size(); row++) {
            batches.add(rows.subList(row, row + 1));
        }
        return batches;
    }
}
