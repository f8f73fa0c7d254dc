package io.quern.chat;

/**
 * Where a chat shows its answers and messages. Answers come on another thread than the rest, but not at the same time.
 */
public interface Screen {
    /**
     * Shows the next piece of an answer at once.
     *
     * @throws ScreenClosedException if nobody reads it any more
     */
    void piece(String text);

    /** Ends the answer. */
    void endOfAnswer();

    /** Shows what is happening until something else is shown; an empty text shows nothing. */
    void status(String text);

    /** Shows a message about the chat. */
    void note(String text);

    /** Shows what went wrong. */
    void problem(String text);

    /** The reader of the output has gone, such as {@code head} in a pipe. */
    final class ScreenClosedException extends RuntimeException {}
}
