package io.quern.worker;

import io.quern.wire.Rejected;
import java.util.Optional;

/** Whether prompt and answer fit into a slot; what to say where they do not, in the words of OpenAI's API. Pure. */
record ContextFit(int contextLength) {

    /** Refuses a prompt that cannot fit by its bytes alone, so that it need not be tokenised. */
    Optional<Rejected.Builder> checkBytes(int bytes, int longestPiece) {
        if (bytes <= (long) contextLength * longestPiece) {
            return Optional.empty();
        }
        long atLeast = Math.ceilDiv((long) bytes, longestPiece);
        return Optional.of(rejected(
                0,
                "However, your messages of " + bytes + " bytes result in at least " + atLeast
                        + " tokens. Please reduce the length of the messages."));
    }

    /** @param maxTokens 0: as many as fit */
    Optional<Rejected.Builder> checkTokens(int promptTokens, int replayed, int maxTokens) {
        if (promptTokens >= contextLength) {
            return Optional.of(rejected(
                    promptTokens,
                    "However, your messages resulted in " + promptTokens
                            + " tokens. Please reduce the length of the messages."));
        }
        // unsigned on the wire: more than an int holds is still just too much
        long completion = Math.max(Integer.toUnsignedLong(maxTokens), replayed);
        if (promptTokens + completion > contextLength) {
            return Optional.of(rejected(
                    promptTokens,
                    "However, you requested " + (promptTokens + completion) + " tokens (" + promptTokens
                            + " in the messages, " + completion
                            + " in the completion). Please reduce the length of the messages or completion."));
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
