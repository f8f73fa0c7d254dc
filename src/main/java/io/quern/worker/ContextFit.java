package io.quern.worker;

import io.quern.wire.Rejected;
import java.util.Optional;

/**
 * Whether prompt and answer fit into a slot, and the refusal if they do not. It begins as in OpenAI's API, which clients look for. It holds
 * for chats and completions, and whether or not the request names max_tokens. Pure.
 */
record ContextFit(int contextLength) {

    /** Refuses a prompt that cannot fit by its bytes alone, so that it need not be tokenised. */
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

    /** @param maxTokens 0: as many as fit */
    Optional<Rejected.Builder> checkTokens(int promptTokens, int replayed, int maxTokens) {
        if (promptTokens >= contextLength) {
            return Optional.of(rejected(
                    promptTokens, "However, the prompt has " + promptTokens + " tokens. Please shorten the prompt."));
        }
        // unsigned on the wire: more than an int holds is still just too much
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
