package io.quern.model;

/** Says how a rendered prompt ends, and so what the model writes next. */
public enum PromptEnd {
    /** With the beginning of the assistant's next message ({@code add_generation_prompt}). */
    NEXT_MESSAGE,
    /** With the end of the last message. */
    LAST_MESSAGE,
    /** With the text of the last message, which the model continues ({@code continue_final_message}). */
    INSIDE_LAST_MESSAGE
}
