package io.quern.generation;

import org.jspecify.annotations.Nullable;

/**
 * Counts the tokens of a request.
 *
 * @param reasoningTokens how many of the completion tokens are reasoning, or null if the answers of the model have none
 */
public record Usage(
        int promptTokens, int completionTokens, @Nullable Integer reasoningTokens) {
    /** Counts the tokens of a request to a model that does not reason. */
    public Usage(int promptTokens, int completionTokens) {
        this(promptTokens, completionTokens, null);
    }

    /** Returns the same with this number of tokens of reasoning. */
    public Usage withReasoning(@Nullable Integer tokens) {
        return new Usage(promptTokens, completionTokens, tokens);
    }

    public int totalTokens() {
        return promptTokens + completionTokens;
    }
}
