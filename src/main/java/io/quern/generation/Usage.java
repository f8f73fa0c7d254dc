package io.quern.generation;

import org.jspecify.annotations.Nullable;

/**
 * Counts the tokens of a request.
 *
 * @param cachedTokens tokens of the prompt that were computed for an earlier request
 * @param reasoningTokens how many of the completion tokens are reasoning, or null if the answers of the model have none
 */
public record Usage(
        int promptTokens,
        int completionTokens,
        int cachedTokens,
        @Nullable Integer reasoningTokens) {
    /** Counts the tokens of a request whose whole prompt was computed, to a model that does not reason. */
    public Usage(int promptTokens, int completionTokens) {
        this(promptTokens, completionTokens, 0, null);
    }

    /** Returns the same with this number of reused tokens of the prompt. */
    public Usage withCached(int tokens) {
        return new Usage(promptTokens, completionTokens, tokens, reasoningTokens);
    }

    /** Returns the same with this number of tokens of reasoning. */
    public Usage withReasoning(@Nullable Integer tokens) {
        return new Usage(promptTokens, completionTokens, cachedTokens, tokens);
    }

    public int totalTokens() {
        return promptTokens + completionTokens;
    }
}
