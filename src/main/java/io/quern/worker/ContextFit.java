package io.quern.worker;

import io.quern.wire.Rejected;
import java.util.Optional;

/**
 * Checks whether prompt and answer fit into a slot. The error message begins as in OpenAI's API, which clients match.
 * It fits chats and completions, with or without max_tokens in the request. Pure.
 */
record ContextFit(int contextLength) {

    /** Refuses a prompt that is too long by its bytes alone, without tokenising it. */
    Optional<Rejected.Builder> checkBytes(int bytes, int longestPiece) {
        if (bytes <= (long) contextLength * longestPiece) {
            return Optional.empty();
        }
        long atLeast = Math.ceilDiv((long) bytes, longestPiece);
        return Optional.of(rejected(
                0,
                "However, the prompt of " + bytes + " bytes has at least " + atLeast
                        + " tokens. Please shorten the prompt."));
    }

    /** @param maxTokens the requested limit, or 0 for as many as fit */
    Optional<Rejected.Builder> checkTokens(int promptTokens, int replayed, int maxTokens) {
        if (promptTokens >= contextLength) {
            return Optional.of(rejected(
                    promptTokens, "However, the prompt has " + promptTokens + " tokens. Please shorten the prompt."));
        }
        // unsigned on the wire, so it may exceed an int
        long completion = Math.max(Integer.toUnsignedLong(maxTokens), replayed);
        if (promptTokens + completion > contextLength) {
            return Optional.of(rejected(
                    promptTokens,
                    "However, the prompt has " + promptTokens + " tokens and max_tokens is " + completion
                            + ", which makes " + (promptTokens + completion)
                            + ". Please shorten the prompt or lower max_tokens."));
        }
        return Optional.empty();
    }

    private Rejected.Builder rejected(int promptTokens, String however) {
        return Rejected.newBuilder()
                .setReason(Rejected.Reason.CONTEXT_LENGTH)
                .setPromptTokens(promptTokens)
                .setMessage("This model's maximum context length is " + contextLength + " tokens. " + however);
    }
}
