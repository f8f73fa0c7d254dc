package io.quern.openai;

/**
 * Says how many answers to each prompt a request wants.
 *
 * @param wanted {@code n}
 * @param generated {@code best_of}: so many are generated, and the wanted ones with the highest mean log probability
 *     are returned
 */
record Candidates(int wanted, int generated) {
    static final Candidates ONE = new Candidates(1, 1);

    /** Returns whether some answers are generated only to be compared. */
    boolean compared() {
        return generated > wanted;
    }

    /** Returns the index of a generation among those of the same prompt. */
    int place(int generation) {
        return generation % generated;
    }
}
