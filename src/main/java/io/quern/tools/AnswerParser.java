package io.quern.tools;

/**
 * Divides the text of one answer into its parts. All parts together depend only on the whole text, not on how it was
 * cut. For one answer and one thread. No text makes it throw.
 */
public interface AnswerParser {

    /** Adds text. What may still become something else is held back, at most {@value Rest#MAX_RECORDED} characters. */
    void add(String text);

    /** Ends the text, and passes on what was held back. */
    void end();

    /** Returns the number of calls so far. */
    int calls();

    /** Returns whether the text so far ends inside the reasoning. */
    default boolean reasons() {
        return false;
    }
}
